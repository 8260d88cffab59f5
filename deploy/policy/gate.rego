# The gate's rules for Open Policy Agent: the same as the built-in ones. docs/gate.md lists both in one
# table. Start from here and change what you like:
#
#     opa run --server --addr 127.0.0.1:8181 deploy/policy/gate.rego
#     TM_OPA_URL=http://127.0.0.1:8181/v1/data/trustmonitor/gate
#
# `input` is the facts of one decision, with the stage's thresholds under `thresholds`. The coordinator
# reads `allow` and `reasons`; it lets nothing through that is not `allow: true` without reasons.
package trustmonitor.gate

import rego.v1

default allow := false

allow if {
	complete
	count(reasons) == 0
}

# A rule about a fact that is missing is undefined, and gives no reason. So all of them have to be there.
complete if {
	is_string(input.service)
	is_array(input.monitors)
	is_array(input.incidents)
	is_array(input.objectives)
	is_boolean(input.incidentsHeld)
	is_number(input.thresholds.maxOpenIncidents)
	is_number(input.thresholds.minBudgetLeftPpm)
	is_number(input.thresholds.maxBurnRateMilli)
	object.get(input.thresholds, "maxP99Us", "missing") != "missing"
	object.get(input, "latency", "missing") != "missing"
}

reasons contains "input: facts are missing" if not complete

# service.monitored: somebody watches the service.
reasons contains sprintf("service.monitored: no monitor of %s is watched", [input.service]) if {
	count(input.monitors) == 0
}

# monitoring.current: each monitor was decided lately, and nothing is held back.
reasons contains "monitoring.current: much of the fleet changed at once: incidents are held back" if {
	input.incidentsHeld
}

reasons contains sprintf("monitoring.current: nothing current is known of %s", [monitor.monitor]) if {
	some monitor in input.monitors
	blind(monitor)
}

blind(monitor) if monitor.verdict == null

blind(monitor) if monitor.verdict == "unknown"

blind(monitor) if {
	monitor.verdict == "down"
	not monitor.monitor in {incident.monitor | some incident in input.incidents}
}

blind(monitor) if monitor.decidedMsAgo == null

blind(monitor) if {
	is_number(monitor.decidedMsAgo)
	monitor.decidedMsAgo > monitor.staleAfterMs
}

# incidents.open: no more incidents are open than the stage allows.
reasons contains sprintf("incidents.open: %d open, %d allowed", [
	count(input.incidents),
	input.thresholds.maxOpenIncidents,
]) if {
	count(input.incidents) > input.thresholds.maxOpenIncidents
}

# budget.left: each objective has enough of its budget left. None: the rule does not apply.
reasons contains sprintf("budget.left: nothing is measured yet for %s", [objective.objective]) if {
	some objective in input.objectives
	objective.budgetLeftPpm == null
}

reasons contains sprintf("budget.left: %d ppm of the budget of %s left", [
	objective.budgetLeftPpm,
	objective.objective,
]) if {
	some objective in input.objectives
	is_number(objective.budgetLeftPpm)
	objective.budgetLeftPpm < input.thresholds.minBudgetLeftPpm
}

# burn.rate: no budget burns too fast. None: the rule does not apply.
reasons contains sprintf("burn.rate: nothing is measured yet for %s", [objective.objective]) if {
	some objective in input.objectives
	objective.burnRateMilli == null
}

reasons contains sprintf("burn.rate: %s burns at %d thousandths", [
	objective.objective,
	objective.burnRateMilli,
]) if {
	some objective in input.objectives
	is_number(objective.burnRateMilli)
	objective.burnRateMilli > input.thresholds.maxBurnRateMilli
}

# latency.p99: probes are fast enough. No limit, or nothing that has a latency: it does not apply.
reasons contains "latency.p99: no probe succeeded" if {
	is_number(input.thresholds.maxP99Us)
	input.latency.p99Us == null
}

reasons contains sprintf("latency.p99: %d us, at most %d allowed", [
	input.latency.p99Us,
	input.thresholds.maxP99Us,
]) if {
	is_number(input.thresholds.maxP99Us)
	is_number(input.latency.p99Us)
	input.latency.p99Us > input.thresholds.maxP99Us
}
