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
    import ministack.app
    from ministack.services import eventbridge

    # As AWS does, PutEvents refuses sources that begin with "aws.": a test that plays CloudTrail needs them.
    eventbridge._put_events = functools.partial(eventbridge._put_events, allow_aws_source=True)
    ministack.app.main()
