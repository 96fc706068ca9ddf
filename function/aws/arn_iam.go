package aws

import "strings"

const (
	roleResource     = "role/"
	sessionResource  = "assumed-role/"
	providerResource = "oidc-provider/"
	samlResource     = "saml-provider/"
	policyResource   = "policy/"
)

// ServiceLinkedRolePrefix begins the resource in the ARN of every service-linked role, and of no other:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
const ServiceLinkedRolePrefix = roleResource + "aws-service-role/"

// RoleARN is the ARN of a role. Its path begins and ends with a slash; "/" is that of most roles.
func RoleARN(partition, account, path, name string) ARN {
	return ARN{Partition: partition, Service: "iam", Account: account, Resource: strings.TrimSuffix(roleResource, "/") + path + name}
}

// PolicyARN is the ARN of a customer managed policy. Its path begins and ends with a slash, as a role's.
func PolicyARN(partition, account, path, name string) ARN {
	return ARN{Partition: partition, Service: "iam", Account: account, Resource: "policy" + path + name}
}

// Role gives the path and the name of an IAM role; false when the ARN is that of something else. A role's path begins and ends
// with a slash: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
func (a ARN) Role() (path, name string, ok bool) {
	rest, ok := strings.CutPrefix(a.Resource, roleResource)
	slash := strings.LastIndexByte(rest, '/')
	if !ok || a.Service != "iam" || rest[slash+1:] == "" {
		return "", "", false
	}
	return "/" + rest[:slash+1], rest[slash+1:], true
}

// RoleName is the name of the role that an ARN names or, of an AWS STS session, the role that it was assumed from; empty when
// there is none.
func (a ARN) RoleName() string {
	if _, name, ok := a.Role(); ok {
		return name
	}
	role, _ := a.Session()
	return role
}

// Session gives the role and the name of the session that an assumed role's ARN is of, assumed-role/ROLE/SESSION.
func (a ARN) Session() (role, session string) {
	rest, ok := strings.CutPrefix(a.Resource, sessionResource)
	if !ok || a.Service != "sts" {
		return "", ""
	}
	role, session, _ = strings.Cut(rest, "/")
	return role, session
}

// SessionARN is the ARN of a session of a role, as AWS STS names it: by the role's name without its path.
func SessionARN(partition, account, role, session string) ARN {
	return ARN{Partition: partition, Service: "sts", Account: account, Resource: sessionResource + role + "/" + session}
}

// AnySession is the pattern that covers all sessions of a role in the same partition and account.
func (a ARN) AnySession(role string) ARN { return a.In("sts", sessionResource+role+"/*") }

// IsServiceLinkedRole tells whether an ARN is that of a role that only a service of AWS may change.
func (a ARN) IsServiceLinkedRole() bool {
	_, _, ok := a.Role()
	return ok && strings.HasPrefix(a.Resource, ServiceLinkedRolePrefix)
}

// OIDCProvider gives the URL, without its scheme, of the IAM OIDC identity provider that a text names as an ARN does, be the
// rest of the ARN right or not; false for anything else.
func OIDCProvider(text string) (url string, ok bool) {
	_, url, ok = strings.Cut(text, ":"+providerResource)
	return url, ok
}

// OIDCProviderARN is the ARN of an account's IAM OIDC identity provider, by its URL without the scheme.
func OIDCProviderARN(partition, account, url string) ARN {
	return ARN{Partition: partition, Service: "iam", Account: account, Resource: providerResource + url}
}

// IsSAMLProvider tells whether an ARN is that of an IAM SAML identity provider.
func (a ARN) IsSAMLProvider() bool {
	return a.Service == "iam" && strings.HasPrefix(a.Resource, samlResource)
}

// AWSManagedPolicyARN is the ARN of a managed policy that AWS itself owns, by its path and name: "service-role/AWSLambdaRole".
func AWSManagedPolicyARN(partition, name string) ARN {
	return ARN{Partition: partition, Service: "iam", Account: "aws", Resource: policyResource + name}
}

// AWSManagedPolicy gives the path and name of a managed policy that AWS itself owns, "service-role/AWSLambdaRole"; false for
// every other text. The account says whose it is, whatever the partition.
func AWSManagedPolicy(arn string) (name string, ok bool) {
	a, ok := ParseARNPattern(arn)
	if !ok || a.Prefix != arnPrefix || a.Service != "iam" || a.Account != "aws" {
		return "", false
	}
	return strings.CutPrefix(a.Resource, policyResource)
}

// IsAWSManagedPolicy tells whether an ARN is that of a managed policy that AWS itself owns.
func IsAWSManagedPolicy(arn string) bool {
	_, ok := AWSManagedPolicy(arn)
	return ok
}
