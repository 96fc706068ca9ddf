package largeaccount

import "fmt"

// dense makes the roles of the profile Dense.
type dense struct{ *generator }

func (g *dense) used() int { return g.rand.IntN(g.roles) }

// uses does not ask whether the role has the permissions.
func (g *dense) uses(f feature, _ int) bool {
	return g.one(map[feature]int{network: 5, tracing: 10, queue: 4, destination: 8}[f])
}

func (g *dense) role(i int) object {
	name := fmt.Sprintf("role-%05d", i)
	service := "lambda.amazonaws.com"
	if g.one(100) {
		service = "ec2.amazonaws.com"
	}
	trust := object{"Effect": "Allow", "Principal": object{"Service": service}, "Action": "sts:AssumeRole"}
	if g.one(50) {
		trust["Condition"] = object{"StringEquals": object{"aws:SourceAccount": Account}}
	}
	attached := []object{{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"}}
	if g.one(4) {
		attached = append(attached, object{"PolicyName": "AWSLambdaVPCAccessExecutionRole", "PolicyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"})
	}
	if g.one(200) {
		attached = append(attached, object{"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})
	}
	attached = append(attached, object{"PolicyName": "team", "PolicyArn": fmt.Sprintf("arn:aws:iam::%s:policy/team-%02d", Account, i%50)})
	return object{
		"Path": "/", "RoleName": name, "RoleId": fmt.Sprintf("AROAEXAMPLE%08d", i), "Arn": "arn:aws:iam::" + Account + ":role/" + name,
		"CreateDate": "2026-01-01T00:00:00+00:00", "AssumeRolePolicyDocument": document(trust), "InstanceProfileList": []any{},
		"RolePolicyList":          []object{{"PolicyName": "work", "PolicyDocument": g.work(i)}},
		"AttachedManagedPolicies": attached, "Tags": []object{{"Key": "team", "Value": fmt.Sprintf("team-%02d", i%50)}}, "RoleLastUsed": object{},
	}
}

// work is what a role's functions do: a few tables, buckets and queues, and now and then more than that.
func (g *dense) work(i int) object {
	id := fmt.Sprintf("%05d", i)
	statements := []object{
		statement("Allow", []string{"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query"}, []string{
			"arn:aws:dynamodb:*:" + Account + ":table/table-" + id, "arn:aws:dynamodb:*:" + Account + ":table/table-" + id + "/index/*",
		}),
		statement("Allow", []string{"s3:GetObject", "s3:PutObject"}, "arn:aws:s3:::bucket-"+id+"/*"),
		statement("Allow", []string{"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, "arn:aws:sqs:*:"+Account+":queue-"+id),
	}
	if g.one(3) {
		s := statement("Allow", "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:"+Account+":secret:app-"+id+"-*")
		s["Condition"] = object{"StringEquals": object{"secretsmanager:ResourceTag/team": fmt.Sprintf("team-%02d", i%50)}}
		statements = append(statements, s)
	}
	for range g.rand.IntN(6) {
		statements = append(statements, statement("Allow", []string{"sns:Publish", "events:PutEvents"}, []string{
			fmt.Sprintf("arn:aws:sns:*:%s:topic-%d", Account, g.rand.IntN(1000)), fmt.Sprintf("arn:aws:events:*:%s:event-bus/bus-%d", Account, g.rand.IntN(1000)),
		}))
	}
	switch {
	case g.one(100):
		statements = append(statements, statement("Allow", "iam:PassRole", "*"))
	case g.one(50):
		statements = append(statements, statement("Allow", "s3:*", "*"))
	case g.one(50):
		statements = append(statements, statement("Allow", []string{"kms:Decrypt", "ssm:GetParameter*"}, "*"))
	}
	return document(statements...)
}

// managed are the policies that the roles share.
func (g *dense) managed() []object {
	logs := []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}
	out := []object{
		managedPolicy("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole", statement("Allow", logs, "*")),
		managedPolicy("arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole", statement("Allow", append(logs, "ec2:CreateNetworkInterface",
			"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"), "*")),
		managedPolicy("arn:aws:iam::aws:policy/AdministratorAccess", statement("Allow", "*", "*")),
	}
	for i := range 50 {
		team := fmt.Sprintf("team-%02d", i)
		out = append(out, managedPolicy("arn:aws:iam::"+Account+":policy/"+team,
			statement("Allow", []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"}, "*"),
			statement("Allow", []string{"ssm:GetParameter", "ssm:GetParameters"}, "arn:aws:ssm:*:"+Account+":parameter/"+team+"/*"),
		))
	}
	return out
}
