-- Where regions are, as operators have said: for the map alone. Nothing is decided by it.
create table region_location (
  region     text primary key,
  latitude   double precision not null check (latitude between -90 and 90),
  longitude  double precision not null check (longitude between -180 and 180)
);
