package exposure

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// ways are what somebody who may pass a role to a service does with it there, by the first label of the service's name: see
// "Granting a user permissions to pass a role to an AWS service" in the IAM User Guide, and each service's own guide.
var ways = map[string]string{
	"apigateway":       "has an API call other services with it",
	"appsync":          "has a resolver call other services with it",
	"batch":            "has Batch make and end instances with it",
	"bedrock":          "has an agent or a model's job read data and call functions with it",
	"cloudformation":   "has a stack make and change with it whatever a template says",
	"codebuild":        "runs any command in a build with it",
	"codedeploy":       "has deployments change what they deploy to with it",
	"codepipeline":     "has a pipeline call other services with it",
	"datapipeline":     "has a pipeline run activities with it",
	"ec2":              "starts an instance with it; whoever gets a shell there, or a request to the instance's metadata, takes its credentials",
	"ecs":              "has ECS manage load balancers and networks with it",
	"ecs-tasks":        "runs any container with it, which gets its credentials",
	"elasticmapreduce": "has a cluster's instances made with it",
	"events":           "has a rule send events to targets with it",
	"firehose":         "has a stream write to its destination with it",
	"glue":             "runs any script in a job or a development endpoint with it",
	"iot":              "has a rule send messages to other services with it",
	"lexv2":            "has a bot call other services with it",
	"pipes":            "has a pipe read from its source and write to its target with it",
	"pods.eks":         "runs any pod with it, which gets its credentials",
	"s3":               "has replication read and write objects with it",
	"sagemaker":        "runs any code in a notebook, a job or an endpoint with it",
	"scheduler":        "has a schedule call almost any API with it",
	"ssm":              "runs any command or runbook with it",
	"states":           "has a state machine call almost any API with it",
	"transfer":         "reads and writes files with it",
}

// means says of each service what it could do with a role; of one that is not known it says nothing.
func means(services []string) string {
	out := ""
	for _, service := range services {
		name := aws.ServiceName(service)
		way, ok := ways[name]
		if !ok {
			name, _, _ = strings.Cut(name, ".") // A Region may stand behind it.
			way, ok = ways[name]
		}
		if ok {
			out += " By " + service + " one " + way + "."
		}
	}
	return out
}
