package events

import (
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
)

// unknownActor is the type of a caller that the record does not tell, in CloudTrail's own word.
const unknownActor = "Unknown"

// actorOf names the caller for people: a user by name, a session by its role and its own name, a service by its
// principal.
func actorOf(u *identity) Actor {
	a := Actor{Type: first(u.Type, unknownActor), ARN: u.ARN}
	_, session := cutLast(u.ARN, "/")
	_, afterID, _ := strings.Cut(u.PrincipalID, ":")
	switch u.Type {
	case "AssumedRole", "FederatedUser":
		issuer := first(u.SessionContext.SessionIssuer.UserName, issuerIn(u.ARN))
		a.Name = strings.Trim(issuer+"/"+first(session, afterID), "/")
	case "Root":
		a.Name = first(u.UserName, "root")
	case "AWSService":
		a.Name = u.InvokedBy
	case "IdentityCenterUser":
		a.Name = u.OnBehalfOf.UserID
	}
	a.Name = first(a.Name, u.UserName, session, u.InvokedBy, u.OnBehalfOf.UserID, u.PrincipalID, u.AccountID)
	return a
}

// issuerIn gives the role's name in the ARN of a session.
func issuerIn(text string) string {
	arn, _ := aws.ParseARN(text)
	role, _ := arn.Session()
	return role
}

// cutLast cuts s at the last sep. Without one, all is before it.
func cutLast(s, sep string) (before, after string) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i+len(sep):]
}

// tools are told apart by what their user agents contain, the first that fits. Terraform's and the command lines'
// contain an SDK's as well.
var tools = []struct {
	via   Via
	marks []string
}{
	{ViaTerraform, []string{"Terraform/", "terraform-provider-aws"}},
	{ViaCDK, []string{"aws-cdk", "AWS-CDK", "exec-env/cdk"}},
	{ViaCLI, []string{"aws-cli/"}},
	{ViaConsole, []string{"console.amazonaws.com", aws.SignInService, "console.aws.amazon.com", "Console", "AWS Internal"}},
	{ViaSDK, []string{"aws-sdk-", "Boto3", "Botocore"}},
}

// viaOf tells the tool. CloudFormation calls in the name of whoever asked it to; the CDK has it use a role of the CDK's
// own, cdk-QUALIFIER-cfn-exec-role-ACCOUNT-REGION.
func viaOf(r *record) Via {
	u := &r.UserIdentity
	if slices.Contains([]string{u.InvokedBy, r.SourceIPAddress, r.UserAgent}, aws.CloudFormationService) {
		role := first(u.SessionContext.SessionIssuer.UserName, issuerIn(u.ARN))
		if strings.Contains(role, "cdk-") {
			return ViaCDK
		}
		return ViaCloudFormation
	}
	via := viaAgent(r.UserAgent)
	switch {
	case r.UserAgent == "AWS Internal" && u.Type == "AWSService":
		return ViaUnknown
	case bool(r.FromConsole) && (via == ViaUnknown || via == ViaSDK):
		return ViaConsole
	case via == ViaUnknown && u.InvokedBy == aws.SignInService:
		return ViaConsole
	}
	return via
}

func viaAgent(userAgent string) Via {
	for _, tool := range tools {
		for _, mark := range tool.marks {
			if strings.Contains(userAgent, mark) {
				return tool.via
			}
		}
	}
	return ViaUnknown
}
