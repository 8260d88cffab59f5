#!/usr/bin/env node
// Checked in, so that npm can link the command before the first build.
import '../dist/main.js';
