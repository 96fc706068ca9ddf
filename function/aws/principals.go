package aws

import "strings"

// Service principals, which are the sources of CloudTrail's records as well: the same in every partition, unless
// ServicePrincipal says otherwise.
const (
	// ServiceDomain ends the names of nearly all service principals, in every partition.
	ServiceDomain = ".amazonaws.com"

	CloudFormationService = "cloudformation.amazonaws.com"
	EC2Service            = "ec2.amazonaws.com"
	// EdgeService assumes the roles of Lambda@Edge functions, in addition to LambdaService.
	EdgeService = "edgelambda.amazonaws.com"
	// EventsService is Amazon EventBridge.
	EventsService = "events.amazonaws.com"
	IAMService    = "iam.amazonaws.com"
	// OrganizationsService is AWS Organizations'.
	OrganizationsService = "organizations.amazonaws.com"
	// LambdaService assumes execution roles.
	LambdaService = "lambda.amazonaws.com"
	// SchedulerService is Amazon EventBridge Scheduler.
	SchedulerService = "scheduler.amazonaws.com"
	// SignInService is the console's sign-in.
	SignInService = "signin.amazonaws.com"
)

// principals are, by partition, the service principals that have another name there.
var principals = table[map[string]map[string]string]{
	sources: []Source{{"https://github.com/kubernetes/kops/issues/27", "2026-11-28"}},
	rows:    map[string]map[string]string{"aws-cn": {EC2Service: EC2Service + ".cn"}},
}

// ServicePrincipal is the name of a service principal in a partition.
func ServicePrincipal(service, partition string) string {
	if name, ok := principals.rows[partition][service]; ok {
		return name
	}
	return service
}

// ServiceName is the short name of a service principal, "lambda" of "lambda.amazonaws.com". A Region may follow it.
func ServiceName(principal string) string {
	name, _, _ := strings.Cut(principal, ServiceDomain)
	return name
}
