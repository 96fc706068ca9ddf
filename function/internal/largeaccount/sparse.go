package largeaccount

import "fmt"

// sharedPolicies is how many managed policies of a sparse account its roles share, in addition to those of AWS.
const sharedPolicies = 500

// sparse makes the roles of the profile Sparse. Every fifth role is for another service, for another account or for GitHub.
type sparse struct{ *generator }

func forLambda(i int) bool { return i%5 != 4 }

func (g *sparse) used() int {
	i := g.rand.IntN(g.roles)
	if !forLambda(i) {
		i--
	}
	return i
}

// needs says which feature the functions with a role use. A role that is not for Lambda has none.
func needs(role int) feature { return feature(role % 5) }

// uses has one function in a hundred lack the permissions for a feature.
func (g *sparse) uses(f feature, role int) bool { return needs(role) == f || g.one(100) }

func team(i int) string { return fmt.Sprintf("team-%02d", i%50) }

func awsPolicy(path string) string { return "arn:aws:iam::aws:policy/" + path }

func customerPolicy(name string) string { return "arn:aws:iam::" + Account + ":policy/" + name }

func (g *sparse) role(i int) object {
	name, inline := fmt.Sprintf("role-%05d", i), []object{}
	if !g.one(3) {
		inline = append(inline, object{"PolicyName": "app", "PolicyDocument": g.app(fmt.Sprintf("app-%05d", i), team(i), 3)})
	}
	role := object{
		"Path": "/", "RoleName": name, "RoleId": fmt.Sprintf("AROAEXAMPLE%08d", i), "Arn": "arn:aws:iam::" + Account + ":role/" + name,
		"CreateDate": "2026-01-01T00:00:00+00:00", "AssumeRolePolicyDocument": document(g.trust(i)), "InstanceProfileList": []any{},
		"RolePolicyList": inline, "AttachedManagedPolicies": g.attached(i), "Tags": []object{{"Key": "team", "Value": team(i)}}, "RoleLastUsed": object{},
	}
	if g.one(20) {
		role["PermissionsBoundary"] = object{"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": customerPolicy("boundary")}
	}
	return role
}

func (g *sparse) trust(i int) object {
	trusting := func(kind string, who any, condition object) object {
		s := object{"Effect": "Allow", "Principal": object{kind: who}, "Action": "sts:AssumeRole"}
		if condition != nil {
			s["Condition"] = condition
		}
		return s
	}
	if forLambda(i) {
		if g.one(50) {
			return trusting("Service", []string{"lambda.amazonaws.com", "edgelambda.amazonaws.com"}, nil)
		}
		return trusting("Service", "lambda.amazonaws.com", nil)
	}
	switch g.rand.IntN(5) {
	case 0:
		return trusting("Service", "ec2.amazonaws.com", nil)
	case 1:
		return trusting("Service", "states.amazonaws.com", object{"StringEquals": object{"aws:SourceAccount": Account}})
	case 2:
		return trusting("Service", "ecs-tasks.amazonaws.com", object{"ArnLike": object{"aws:SourceArn": "arn:aws:ecs:*:" + Account + ":*"}})
	case 3:
		return trusting("AWS", "arn:aws:iam::444455556666:root", object{"StringEquals": object{"sts:ExternalId": fmt.Sprintf("partner-%05d", i)}})
	}
	s := trusting("Federated", "arn:aws:iam::"+Account+":oidc-provider/token.actions.githubusercontent.com", object{"StringEquals": object{
		"token.actions.githubusercontent.com:aud": "sts.amazonaws.com", "token.actions.githubusercontent.com:sub": "repo:example/" + team(i) + ":ref:refs/heads/main",
	}})
	s["Action"] = "sts:AssumeRoleWithWebIdentity"
	return s
}

func (g *sparse) attached(i int) []object {
	var out []object
	add := func(name, arn string) { out = append(out, object{"PolicyName": name, "PolicyArn": arn}) }
	add("AWSLambdaBasicExecutionRole", awsPolicy("service-role/AWSLambdaBasicExecutionRole"))
	switch needs(i) {
	case network:
		add("AWSLambdaVPCAccessExecutionRole", awsPolicy("service-role/AWSLambdaVPCAccessExecutionRole"))
	case tracing:
		add("AWSXRayDaemonWriteAccess", awsPolicy("AWSXRayDaemonWriteAccess"))
	case queue:
		add("AWSLambdaSQSQueueExecutionRole", awsPolicy("service-role/AWSLambdaSQSQueueExecutionRole"))
	case destination:
		add("deliver", customerPolicy("deliver"))
	}
	if g.one(25) {
		add("AmazonS3ReadOnlyAccess", awsPolicy("AmazonS3ReadOnlyAccess"))
	}
	if g.one(1000) {
		add("AdministratorAccess", awsPolicy("AdministratorAccess"))
	}
	for range g.rand.IntN(3) {
		name := fmt.Sprintf("shared-%03d", g.rand.IntN(sharedPolicies))
		add(name, customerPolicy(name))
	}
	return out
}

// app is a policy of one to so many statements for an application.
func (g *sparse) app(name, team string, most int) object {
	var statements []object
	for range 1 + g.rand.IntN(most) {
		statements = append(statements, g.statement(name, team))
	}
	return document(statements...)
}

// statement allows an application to use its logs, table, bucket, queue, key, parameters, secret, topic or event bus.
func (g *sparse) statement(app, team string) object {
	region := regions[g.rand.IntN(len(regions))]
	arn := func(service, resource string) string {
		return "arn:aws:" + service + ":" + region + ":" + Account + ":" + resource
	}
	switch g.rand.IntN(10) {
	case 0:
		return statement("Allow", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, arn("logs", "log-group:/aws/lambda/"+app+":*"))
	case 1:
		return statement("Allow", []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"},
			[]string{arn("dynamodb", "table/"+app), arn("dynamodb", "table/"+app+"/index/*")})
	case 2:
		return statement("Allow", []string{"s3:GetObject", "s3:PutObject"}, "arn:aws:s3:::"+app+"-data/*")
	case 3:
		return conditional(statement("Allow", "s3:ListBucket", "arn:aws:s3:::"+app+"-data"), "StringLike", "s3:prefix", []string{"in/*", "out/*"})
	case 4:
		return statement("Allow", []string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, arn("sqs", app))
	case 5:
		return conditional(statement("Allow", []string{"kms:Decrypt", "kms:GenerateDataKey"}, arn("kms", "key/00000000-0000-4000-8000-00000000"+team[len(team)-2:]+"00")),
			"StringEquals", "kms:ViaService", "s3."+region+".amazonaws.com")
	case 6:
		return statement("Allow", []string{"ssm:GetParameter", "ssm:GetParametersByPath"}, arn("ssm", "parameter/"+app+"/*"))
	case 7:
		return conditional(statement("Allow", "secretsmanager:GetSecretValue", arn("secretsmanager", "secret:"+app+"-*")), "StringEquals", "aws:ResourceTag/team", team)
	case 8:
		return statement("Allow", "sns:Publish", arn("sns", app))
	}
	return statement("Allow", "events:PutEvents", arn("events", "event-bus/"+team))
}

func conditional(statement object, operator, key string, values any) object {
	statement["Condition"] = object{operator: object{key: values}}
	return statement
}

func (g *sparse) managed() []object {
	logs := []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}
	allow := func(actions ...string) object { return statement("Allow", actions, "*") }
	out := []object{
		managedPolicy(awsPolicy("service-role/AWSLambdaBasicExecutionRole"), allow(logs...)),
		managedPolicy(awsPolicy("service-role/AWSLambdaVPCAccessExecutionRole"), allow(append(logs, "ec2:CreateNetworkInterface",
			"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses")...)),
		managedPolicy(awsPolicy("service-role/AWSLambdaSQSQueueExecutionRole"), allow(append(logs, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")...)),
		managedPolicy(awsPolicy("AWSXRayDaemonWriteAccess"), allow("xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules",
			"xray:GetSamplingTargets", "xray:GetSamplingStatisticSummaries")),
		managedPolicy(awsPolicy("AmazonS3ReadOnlyAccess"), allow("s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*")),
		managedPolicy(awsPolicy("AdministratorAccess"), allow("*")),
		managedPolicy(customerPolicy("boundary"), allow("logs:*", "dynamodb:*", "s3:*", "sqs:*", "kms:*", "ssm:*", "secretsmanager:*", "sns:*", "events:*", "xray:*", "ec2:*")),
	}
	out = append(out, managedPolicy(customerPolicy("deliver"), statement("Allow", "sqs:SendMessage", "arn:aws:sqs:*:"+Account+":queue-*")))
	for i := range sharedPolicies {
		name := fmt.Sprintf("shared-%03d", i)
		p := managedPolicy(customerPolicy(name))
		p["PolicyVersionList"].([]object)[0]["Document"] = g.app(name, team(i), 6)
		out = append(out, p)
	}
	return out
}
