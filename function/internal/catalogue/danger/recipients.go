package danger

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// recipient is an AWS service that roles are passed to.
type recipient struct {
	// does is what a principal who can pass a role to the service does with it there, as a sentence goes on after "such a principal": see "Granting a user
	// permissions to pass a role to an AWS service" in the IAM User Guide, and each service's own guide.
	does string
	// noPath says why no path passes a role to the service; empty where one does.
	noPath string
}

// recipients are by the service's name as aws.ServiceName gives it. Paths that pass a role and the check of trust policies share them.
var recipients = map[string]recipient{
	"amplify":           {does: "runs any command in a build with it"},
	"apigateway":        {does: "has an API call other services with it"},
	"appsync":           {does: "has a resolver call other services with it"},
	"batch":             {does: "has Batch create and terminate instances with it", noPath: "it creates compute environments, and runs no code"},
	"bedrock":           {does: "has an agent or a model job read data and call functions with it", noPath: "it reads data and calls functions that allow it, and calls no other API"},
	"bedrock-agentcore": {does: "runs any code in a code interpreter, a runtime or a browser with it"},
	"braket":            {does: "runs any code in a job with it"},
	"build.apprunner":   {does: "has App Runner pull images with it"},
	"cloudformation":    {does: "has a stack create and change with it what a template specifies"},
	"codebuild":         {does: "runs any command in a build with it"},
	"codedeploy":        {does: "has deployments change their targets with it"},
	"codepipeline":      {does: "has a pipeline call other services with it"},
	"codestar":          {does: "has a project create with it what its template specifies"},
	"cognito-identity":  {does: "gives it to the users of an identity pool"},
	"credentials.iot":   {does: "gets its credentials with a device certificate"},
	"datapipeline":      {does: "has a pipeline run activities with it"},
	"ec2":               {does: "starts an instance with it, whose metadata service returns its credentials to everyone with a shell on the instance"},
	"ecs":               {does: "has ECS manage load balancers and networks with it", noPath: "it manages load balancers and networks, and runs no code"},
	"ecs-tasks":         {does: "runs any container with it, and the container gets its credentials"},
	"elasticmapreduce":  {does: "has the instances of a cluster run with it"},
	"emr-serverless":    {does: "runs any code in a job with it"},
	"events":            {does: "has a rule send events to targets with it"},
	"firehose":          {does: "has a stream write to its destination with it"},
	"fis":               {does: "has an experiment run commands on instances and change other resources with it"},
	"gamelift":          {does: "runs any build on a fleet with it"},
	"glue":              {does: "runs any script in a job or a development endpoint with it"},
	"imagebuilder":      {does: "has an image built with it"},
	"iot":               {does: "has a rule send messages to other services with it"},
	"kinesisanalytics":  {does: "runs any code in an application with it"},
	"lexv2":             {does: "has a bot call other services with it", noPath: "it calls functions and speech services, and no other API"},
	"omics":             {does: "runs any workflow with it"},
	"pipes":             {does: "has a pipe read from its source and write to its target with it"},
	"pods.eks":          {does: "runs any pod with it, and the pod gets its credentials"},
	"rolesanywhere":     {does: "gets its credentials with a certificate of their own certificate authority"},
	"s3":                {does: "has replication read and write objects with it"},
	"sagemaker":         {does: "runs any code in a notebook, a job or an endpoint with it"},
	"scheduler":         {does: "has a schedule call almost any API with it"},
	"spotfleet":         {does: "has a Spot Fleet start, tag and terminate instances with it"},
	"ssm":               {does: "runs any command or runbook with it"},
	"states":            {does: "has a state machine call almost any API with it"},
	"tasks.apprunner":   {does: "runs any container with it, and the container gets its credentials"},
	"transfer":          {does: "reads and writes files with it"},
}

// PassedTo says what a principal who can pass a role to a service does with it there, as a sentence goes on after "such a principal". It is
// not known for every service.
func PassedTo(principal string) (does string, known bool) {
	name := aws.ServiceName(principal)
	s, known := recipients[name]
	if !known {
		name, _, _ = strings.Cut(name, ".") // A Region may follow it.
		s, known = recipients[name]
	}
	return s.does, known
}
