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
    import urllib.parse

    import ministack.app
    from ministack.core import responses
    from ministack.services import cloudtrail, dynamodb, eventbridge, iam, lambda_svc, sts
    from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

    # As AWS does, PutEvents refuses sources that begin with "aws.": a test that plays CloudTrail needs them.
    eventbridge._put_events = functools.partial(eventbridge._put_events, allow_aws_source=True)

    # The emulator delivers to event buses of the same account and Region alone. Here it also delivers to those of other accounts and Regions, as
    # AWS does where the target has a role: the event keeps the account and Region in which it happened.
    to_event_bus = eventbridge._dispatch_to_event_bus

    def carried(spec, event, rule, event_path, payload=None):
        here = responses.get_account_id(), responses.get_region()
        if (spec.account_id, spec.region) == here:
            return to_event_bus(spec, event, rule, event_path, payload)
        responses.set_request_account_id(spec.account_id)
        responses.set_request_region(spec.region)
        try:
            name = spec.resource.partition("/")[2]
            if name in eventbridge._event_buses:
                eventbridge._dispatch_event({**event, "EventBusName": name})
        finally:
            responses.set_request_account_id(here[0])
            responses.set_request_region(here[1])

    eventbridge._dispatch_to_event_bus = carried

    # The emulator gives credentials of roles that do not exist. As AWS does, this refuses them with the error of any role that cannot be assumed.
    handle_sts = sts.handle_request

    async def assumed(method, path, headers, body, query_params):
        given = urllib.parse.parse_qs(body.decode() if isinstance(body, bytes) else body or "")
        arn = given.get("RoleArn", [""])[0]
        if given.get("Action") == ["AssumeRole"] and arn.count(":") == 5:
            exists = iam._roles.get_scoped(arn.split(":")[4], None, arn.rpartition("/")[2])
            if not exists:
                return sts._error(403, "AccessDenied", f"User is not authorized to perform: sts:AssumeRole on resource: {arn}", ns="sts")
        return await handle_sts(method, path, headers, body, query_params)

    sts.handle_request = assumed

    # The emulator's CloudFormation leaves out when items of a table expire, the state of the indexes that a table is created with, and
    # what Lambda does about a loop of a function.
    table, function = provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"], provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]

    def whole(step):
        def provision(*args, **kwargs):
            name, attributes = step(*args, **kwargs)
            properties = args[2] if step is update_table else args[1]
            if "TimeToLiveSpecification" in properties:
                dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": properties["TimeToLiveSpecification"]})
            for index in dynamodb._tables[name]["GlobalSecondaryIndexes"]:
                index.setdefault("IndexStatus", "ACTIVE")
            return name, attributes

        return provision

    create_table, update_table = table["create"], table["update"]
    table["create"], table["update"] = whole(create_table), whole(update_table)

    def with_loops(step, at):
        def provision(*args, **kwargs):
            name, attributes = step(*args, **kwargs)
            lambda_svc._functions[name]["recursive_loop"] = args[at].get("RecursiveLoop", "Terminate")
            return name, attributes

        return provision

    function["create"], function["update"] = with_loops(function["create"], 1), with_loops(function["update"], 2)

    # The emulator's CloudFormation does not support this resource. Here it writes what lambda:GetPolicy returns, which is obeyed where
    # invocations are authorized.
    def put_policy(logical_id, properties, stack_name):
        arn, document = properties["ResourceArn"], properties["PolicyDocument"]
        lambda_svc._functions[arn.rpartition(":")[2]]["policy"] = json.loads(document) if isinstance(document, str) else document
        return arn, {}

    def delete_policy(arn, properties):
        function = lambda_svc._functions.get(arn.rpartition(":")[2])
        if function:
            function["policy"] = {"Version": "2012-10-17", "Id": "default", "Statement": []}

    provisioners._RESOURCE_HANDLERS["AWS::Lambda::ResourcePolicy"] = {
        "create": put_policy,
        "update": lambda arn, old, new, stack_name: put_policy(arn, new, stack_name),
        "delete": delete_policy,
    }

    # In conditions, the emulator's CloudFormation takes a pseudo parameter for its name.
    evaluate = engine._evaluate_conditions

    def with_pseudo_parameters(template, params):
        pseudo = {"AWS::Region": engine.get_region(), "AWS::AccountId": engine.get_account_id(), "AWS::Partition": "aws"}
        return evaluate(template, {name: {"Value": value} for name, value in pseudo.items()} | params)

    for module in [engine, changesets, handlers, provisioners, stacks]:
        module._evaluate_conditions = with_pseudo_parameters

    alarm_record = provisioners._cw_metric_alarm_record

    def alarm(alarm_name, props):
        """Makes an alarm on an expression, which the emulator does not support, one on the expression's first metric."""
        for query in props.get("Metrics") or []:
            if "MetricStat" in query:
                stat = query["MetricStat"]
                metric = {k: v for k, v in props.items() if k != "Metrics"}
                metric |= {**stat["Metric"], "Period": stat["Period"], "Statistic": stat["Stat"]}
                return alarm_record(alarm_name, metric)
        return alarm_record(alarm_name, props)

    provisioners._cw_metric_alarm_record = alarm

    prefix = os.environ.get("TEST_RESOURCE_POLICIES")
    if prefix:
        # The emulator does not support these calls. Here it supports them for functions with this prefix, so that a test finds an
        # endpoint that supports them and one that does not. AddPermission and RemovePermission act on what GetPolicy returns alone:
        # after them, the calls disagree about a policy that was put.
        put, handle = {}, lambda_svc.handle_request

        async def resource_policies(method, path, headers, body, query_params):
            _, found, arn = urllib.parse.unquote(path).partition("/2026-07-09/resource-policy/")
            name = arn.rpartition(":")[2]
            if not found or not name.startswith(prefix):
                return await handle(method, path, headers, body, query_params)
            function = lambda_svc._functions[name]
            if method == "PUT":
                text = json.loads(body)["Policy"]
                put[name], function["policy"] = json.loads(text), json.loads(text)
            elif method == "DELETE":
                put.pop(name, None)
                function["policy"] = {"Version": "2012-10-17", "Id": "default", "Statement": []}
                return 204, {}, b""
            policy = put.get(name, function["policy"])
            return lambda_svc.json_response({"Policy": json.dumps(policy), "RevisionId": function["config"]["RevisionId"]})

        lambda_svc.handle_request = resource_policies

    if os.environ.get("TEST_AUTHORIZE_INVOCATIONS"):
        # The emulator can authorize every call, by the policies of the caller and of what is called (AUTH). The conditions of rolewatch's own
        # roles ask for dynamodb:LeadingKeys and lambda:SourceFunctionArn, which it does not know, so here it authorizes invocations alone.
        # Who calls with the keys of the tests is the root user, to whom it allows everything. It does not verify the signature.
        from ministack.core import iam_actions, iam_evaluator, responses

        iam_evaluator.authenticate = lambda *_, **__: None
        handle_authorized = lambda_svc.handle_request

        async def authorized(method, path, headers, body, query_params):
            if path.endswith("/invocations"):
                name, region = urllib.parse.unquote(path.split("/")[-2]), responses.get_region()
                arn = name if name.startswith("arn:") else f"arn:aws:lambda:{region}:{responses.get_account_id()}:function:{name}"
                key = ministack.app.extract_access_key_id(headers, query_params)
                denied = iam_evaluator.enforce(key, "lambda:InvokeFunction", "lambda", region, resource_arn=arn)
                if isinstance(denied, iam_evaluator.AuthError):
                    return lambda_svc.json_response({"__type": denied.code, "message": denied.message}, 403)
                if denied:
                    return iam_actions.access_denied_response(
                        "lambda", "lambda:InvokeFunction", denied.principal_arn, "", headers=headers,
                        explicit_deny=denied.decision == "Deny", resource_policy_arn=denied.resource_policy_arn,
                    )
            return await handle_authorized(method, path, headers, body, query_params)

        lambda_svc.handle_request = authorized

    if os.environ.get("TEST_EVENT_HISTORY"):
        # The emulator records IAM's calls without a name or resource, and the parameters as the request has them. CloudTrail begins the
        # names with a small letter, says in a record by a truth value whether it only reads, and its event history is searched by the
        # name of a role and the ARN of a policy.
        record_as_it_is = cloudtrail.record_event

        def recorded(**call):
            if call["service"] == "iam":
                name = call["request_params"].get("Action", call["event_name"])
                given = {k[:1].lower() + k[1:]: v for k, v in call["request_params"].items() if k not in ("Action", "Version")}
                names = [given[k] for k in ("roleName", "policyArn") if k in given]
                call = {**call, "event_name": name, "request_params": given, "resources": [{"ResourceName": n} for n in names]}
            record_as_it_is(**call)
            newest = cloudtrail._get_event_queue()[-1]
            newest["CloudTrailEvent"] = newest["CloudTrailEvent"].replace('"readOnly": "false"', '"readOnly": false').replace('"readOnly": "true"', '"readOnly": true')

        cloudtrail.record_event = recorded

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
            "capacity-providers": "ListCapacityProviders",
            "policy": "GetPolicy",
            "recursion-config": "GetFunctionRecursionConfig",
            "resource-policy": "GetResourcePolicy",
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
