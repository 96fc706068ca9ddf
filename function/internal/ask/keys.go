package ask

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// The caller chooses the parameters of a request, and so the keys that contain them. The caller does not choose a key that
// describes the resource, the network or the session. The services' keys:
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html

// chosenKeys are those that the caller of any action chooses, or beginnings of them that end in a colon, slash or dash. Read on
// 2026-11-29.
var chosenKeys = []string{
	"aws:requesttag/", "aws:tagkeys", "aws:useragent", "aws:referer",
	"iam:passedtoservice", "iam:associatedresourcearn", "iam:policyarn", "iam:awsservicename", "ec2:osuser",
	"sts:externalid", "sts:rolesessionname", "sts:sourceidentity", "sts:transitivetagkeys", "sts:durationseconds",
	"s3:x-amz-", "s3:prefix", "s3:delimiter", "s3:max-keys", "s3:versionid", "s3:authtype", "s3:signatureversion", "s3:tlsversion",
	"s3:locationconstraint", "s3:requestobjecttag/", "s3:requestobjecttagkeys", "s3:object-lock-",
	"kms:grantoperations", "kms:granteeprincipal", "kms:encryptionalgorithm", "kms:keyspec", "kms:keyusage", "kms:keyorigin",
	"dynamodb:attributes", "dynamodb:leadingkeys", "dynamodb:select", "dynamodb:returnvalues", "dynamodb:enclosingoperation",
	"lambda:functionarn", "lambda:layer", "lambda:principal", "lambda:functionurlauthtype", "lambda:eventsourcetoken",
	"lambda:securitygroupids", "lambda:subnetids", "lambda:vpcids", "lambda:codesigningconfigarn",
	"cloudformation:", "sns:endpoint", "sns:protocol", "events:detail-type", "events:source", "events:detail.", "events:targetarn",
	"secretsmanager:versionid", "secretsmanager:versionstage", "ssm:overwrite", "ssm:sessiondocumentaccesscheck", "ssm:documentcategories",
	"ecs:cluster", "ecs:task-definition", "ecs:container-name", "ecs:enable-", "ecs:subnet", "ecs:capacity-provider",
}

// creating are the beginnings of the names of actions that make something: what a service's own keys say of it is said in
// the request.
var creating = []string{"create", "run", "request", "register", "put", "start"}

// IsChosen reports whether the caller of an action chooses the value of a key in the request.
func IsChosen(key, action string) bool { return isChosenOfAny(key) || isChosenToMake(key, action) }

// isChosenOfAny reports whether the caller of any action chooses the value of a key.
func isChosenOfAny(key string) bool {
	return slices.ContainsFunc(chosenKeys, func(c string) bool {
		return key == c || strings.ContainsAny(c[len(c)-1:], ":/-.") && strings.HasPrefix(key, c)
	})
}

// isChosenToMake reports whether a key says something of what an action makes.
func isChosenToMake(key, action string) bool {
	service, name, _ := strings.Cut(strings.ToLower(action), ":")
	makes := slices.ContainsFunc(creating, func(verb string) bool { return strings.HasPrefix(name, verb) })
	about := key == "iam:permissionsboundary" && name != "createrole" && name != "createuser" && !strings.HasSuffix(name, "permissionsboundary")
	return makes && !about && strings.HasPrefix(key, service+":") && !IsResourceTag(key)
}

// IsResourceTag reports whether a key, in lower case, is a tag of the resource.
func IsResourceTag(key string) bool { return tagOf(key) != "" }

// tagOf is the tag that a key of the resource holds, in lower case; empty for any other key.
func tagOf(key string) string {
	for _, prefix := range []string{"resourcetag/", "s3:existingobjecttag/", "s3:buckettag/", "s3:accesspointtag/"} {
		if _, tag, ok := strings.Cut(key, prefix); ok {
			return tag
		}
	}
	if kind, tag, ok := strings.Cut(key, "-tag/"); ok && strings.HasPrefix(kind, "rds:") && kind != "rds:req" {
		return tag
	}
	return ""
}

// namesResource reports whether a key contains the resource: what the policy names meets a condition on it.
func namesResource(key string) bool {
	switch key {
	case "s3:prefix", "dynamodb:leadingkeys", "secretsmanager:secretid", "secretsmanager:name", "kms:requestalias", "kms:resourcealiases",
		"ecs:cluster", "lambda:functionarn", "s3:dataaccesspointarn", "ssm:parametername":
		return true
	}
	return strings.HasPrefix(key, "kms:encryptioncontext")
}

// createAction ends the names of keys that say which API makes the resource that is tagged. A request that tags what is there already
// does not carry them: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
const createAction = ":createaction"

// IsVia reports whether a key, in lower case, says through which AWS services a request comes:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
func IsVia(key string) bool {
	return key == "aws:viaawsservice" || strings.HasPrefix(key, "aws:calledvia") || key == "kms:viaservice"
}

// neverThere are keys that a call by a function's own code does not carry, or beginnings of them.
var neverThere = append(keysOfTokens(), []string{
	"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner", "aws:principalservicename",
	"aws:calledvia", "aws:multifactorauthage", "aws:federatedprovider", "aws:sourceidentity", "aws:chatbotsourcearn", "aws:assumedroot",
	"aws:ec2instancesource", "aws:signinsessionarn", "ec2:sourceinstancearn", "ec2:roledelivery", "ssm:sourceinstancearn",
	"events:managedby", "glue:roleassumedby", "glue:credentialissuingservice", "codebuild:buildarn", "codebuild:projectarn", "kms:viaservice", "saml:",
}...)

// keysOfTokens are the beginnings of the keys of what the tokens of built-in identity providers hold.
func keysOfTokens() []string {
	keys := aws.BuiltInProviders()
	for i := range keys {
		keys[i] += ":"
	}
	return keys
}

// principalTag and what follow are the beginnings of the keys of tags.
const (
	principalTag = "aws:principaltag/"
	requestTag   = "aws:requesttag/"
)
