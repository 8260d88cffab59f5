# opa test deploy/policy
package trustmonitor.gate_test

import data.trustmonitor.gate
import rego.v1

good := {
	"service": "checkout",
	"stage": "production",
	"version": null,
	"at": "2026-01-31T12:00:00.000Z",
	"logSize": 7,
	"monitors": [{"monitor": "shop", "verdict": "up", "decidedMsAgo": 1000, "staleAfterMs": 90000}],
	"disabledMonitors": [],
	"incidents": [],
	"incidentsHeld": false,
	"latency": {"p99Us": 180000, "samples": 40, "windowMs": 30000, "widened": false},
	"objectives": [{
		"objective": "paid",
		"sli": "availability",
		"budgetLeftPpm": 400000,
		"burnRateMilli": 900,
		"burnWindowMs": 3600000,
	}],
	"thresholds": {
		"maxOpenIncidents": 0,
		"minBudgetLeftPpm": 0,
		"maxBurnRateMilli": 6000,
		"maxP99Us": 2000000,
	},
}

incident := {
	"incident": "01980f5e-2b7c-7d3a-9c41-5f0e8a6b2d17",
	"monitor": "shop",
	"kind": "down",
	"openedAt": "2026-01-31T11:00:00.000Z",
}

refused(changes, rule) if {
	facts := object.union(good, changes)
	not gate.allow with input as facts
	some reason in gate.reasons with input as facts
	startswith(reason, rule)
}

monitor(changes) := {"monitors": [object.union(good.monitors[0], changes)]}

objective(changes) := {"objectives": [object.union(good.objectives[0], changes)]}

test_good_facts_are_allowed if {
	gate.allow with input as good
	count(gate.reasons) == 0 with input as good
}

test_no_objective_and_no_latency_are_allowed if {
	gate.allow with input as object.union(good, {"objectives": [], "latency": null})
}

test_no_limit_of_latency_is_allowed if {
	gate.allow with input as object.union(good, {"thresholds": {"maxP99Us": null}})
}

test_missing_facts_are_refused if {
	not gate.allow with input as {}
	every name in ["service", "monitors", "incidents", "incidentsHeld", "objectives", "latency", "thresholds"] {
		not gate.allow with input as object.remove(good, [name])
	}
}

test_nobody_watches if refused({"monitors": []}, "service.monitored")

test_no_round_yet if refused(monitor({"verdict": null, "decidedMsAgo": null}), "monitoring.current")

test_undecided if refused(monitor({"verdict": "unknown"}), "monitoring.current")

test_stale if refused(monitor({"decidedMsAgo": 90001}), "monitoring.current")

test_down_without_incident if refused(monitor({"verdict": "down"}), "monitoring.current")

test_held if refused({"incidentsHeld": true}, "monitoring.current")

test_incident if refused({"incidents": [incident]}, "incidents.open")

test_budget if refused(objective({"budgetLeftPpm": -25000}), "budget.left")

test_budget_unknown if refused(objective({"budgetLeftPpm": null}), "budget.left")

test_burn if refused(objective({"burnRateMilli": 6001}), "burn.rate")

test_burn_unknown if refused(objective({"burnRateMilli": null}), "burn.rate")

test_slow if refused({"latency": {"p99Us": 2000001}}, "latency.p99")

test_no_probe if refused({"latency": {"p99Us": null}}, "latency.p99")
