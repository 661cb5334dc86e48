"""Steps per second of SIMOC's own engine on one configuration, as one JSON line: {"steps": n, "seconds": s}.

Only where a Python with NumPy and the engine is present. It is used through its documented face alone
(AgentModel.from_config, then run or step_to), and records what it records by itself.
"""
import inspect
import json
import sys
import time


def find():
    for name in ("simoc_abm.agent_model", "simoc_abm", "agent_model"):
        try:
            return __import__(name, fromlist=["AgentModel"]).AgentModel
        except (ImportError, AttributeError):
            pass
    sys.exit("no engine")


def accepted(function, **wanted):
    """Those keyword arguments that a function takes."""
    parameters = inspect.signature(function).parameters
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return wanted
    return {key: value for key, value in wanted.items() if key in parameters}


engine = find()
with open(sys.argv[1], encoding="utf-8") as file:
    config = json.load(file)
steps = int(sys.argv[2])
# the first argument is the configuration itself; how the records are asked for differs between versions
model = engine.from_config(config, **accepted(engine.from_config, data_collection=True, record_initial_state=False))
begin = time.perf_counter()
if hasattr(model, "step_to"):
    model.step_to(**accepted(model.step_to, n_steps=steps))
elif hasattr(model, "run"):
    model.run()
else:
    for _ in range(steps):
        model.step()
seconds = time.perf_counter() - begin
print(json.dumps({"steps": steps, "seconds": seconds}))
