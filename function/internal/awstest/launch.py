"""Starts an emulator of AWS for the tests: launch.py moto|ministack PORT."""

import functools
import os
import signal
import sys
import threading


def follow_parent():
    """Ends the whole process group when the test that holds the other end of stdin is gone."""
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=follow_parent, daemon=True).start()
name, port = sys.argv[1], sys.argv[2]
sys.argv = [name]

if name == "moto":
    from moto.server import main

    main(["-H", "localhost", "-p", port])
else:
    import json

    import ministack.app
    from ministack.services import cloudtrail, eventbridge

    # As AWS does, PutEvents refuses sources that begin with "aws.": a test that plays CloudTrail needs them.
    eventbridge._put_events = functools.partial(eventbridge._put_events, allow_aws_source=True)

    calls = os.environ.get("TEST_CALLS")
    if calls:
        record_event, lock = cloudtrail.record_event, threading.Lock()

        def record(**call):
            """Writes every call down as well: LookupEvents shows only the newest."""
            with lock, open(calls, "a", encoding="utf-8") as out:
                out.write(json.dumps(call, default=str) + "\n")
            return record_event(**call)

        cloudtrail.record_event = record

        # The emulator names Lambda's reads after writes of the same path, or not at all.
        reads = {
            "configuration": "GetFunctionConfiguration",
            "event-source-mappings": "ListEventSourceMappings",
            "policy": "GetPolicy",
            "tags": "ListTags",
            "urls": "ListFunctionUrlConfigs",
            "event-invoke-config": "ListFunctionEventInvokeConfigs",
        }
        event_name = ministack.app._ct_event_name

        def named(service, method, path, headers, query_params):
            if service == "lambda" and method == "GET":
                parts = [p for p in path.split("/") if p]
                if parts[-2:-1] == ["event-source-mappings"]:
                    return "GetEventSourceMapping"
                for part in (parts[-1], parts[-2] if len(parts) > 1 else "", parts[1] if len(parts) > 1 else ""):
                    if part in reads:
                        return reads[part]
            return event_name(service, method, path, headers, query_params)

        ministack.app._ct_event_name = named
    ministack.app.main()
