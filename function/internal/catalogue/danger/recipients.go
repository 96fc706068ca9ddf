package danger

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// recipient is an AWS service that roles are passed to.
type recipient struct {
	// does is what somebody who may pass a role to the service does with it there, as a sentence goes on after "one": see "Granting a user
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
	"batch":             {does: "has Batch make and end instances with it", noPath: "it makes compute environments, and runs no code"},
	"bedrock":           {does: "has an agent or a model's job read data and call functions with it", noPath: "it reads data and calls what lets it in, and calls no other API"},
	"bedrock-agentcore": {does: "runs any code in a code interpreter, a runtime or a browser with it"},
	"braket":            {does: "runs any code in a job with it"},
	"build.apprunner":   {does: "has App Runner pull images with it"},
	"cloudformation":    {does: "has a stack make and change with it whatever a template says"},
	"codebuild":         {does: "runs any command in a build with it"},
	"codedeploy":        {does: "has deployments change what they deploy to with it"},
	"codepipeline":      {does: "has a pipeline call other services with it"},
	"codestar":          {does: "has a project make what its template says with it"},
	"cognito-identity":  {does: "gives it to the visitors of an identity pool"},
	"credentials.iot":   {does: "gets its credentials with a device certificate"},
	"datapipeline":      {does: "has a pipeline run activities with it"},
	"ec2":               {does: "starts an instance with it; whoever gets a shell there, or a request to the instance's metadata, takes its credentials"},
	"ecs":               {does: "has ECS manage load balancers and networks with it", noPath: "it manages load balancers and networks, and runs no code"},
	"ecs-tasks":         {does: "runs any container with it, which gets its credentials"},
	"elasticmapreduce":  {does: "has a cluster's instances made with it"},
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
	"pods.eks":          {does: "runs any pod with it, which gets its credentials"},
	"rolesanywhere":     {does: "gets its credentials with a certificate of a certificate authority of one's own"},
	"s3":                {does: "has replication read and write objects with it"},
	"sagemaker":         {does: "runs any code in a notebook, a job or an endpoint with it"},
	"scheduler":         {does: "has a schedule call almost any API with it"},
	"spotfleet":         {does: "has a Spot Fleet start, tag and end instances with it"},
	"ssm":               {does: "runs any command or runbook with it"},
	"states":            {does: "has a state machine call almost any API with it"},
	"tasks.apprunner":   {does: "runs any container with it, which gets its credentials"},
	"transfer":          {does: "reads and writes files with it"},
}

// PassedTo says what somebody who may pass a role to a service, by its principal, does with it there, as a sentence goes on after "one". Of
// a service that is not known it says nothing.
func PassedTo(principal string) (does string, known bool) {
	name := aws.ServiceName(principal)
	s, known := recipients[name]
	if !known {
		name, _, _ = strings.Cut(name, ".") // A Region may stand behind it.
		s, known = recipients[name]
	}
	return s.does, known
}
