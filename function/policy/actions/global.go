package actions

// globalKeys are the keys of "AWS global condition context keys" in the IAM User Guide, in the page's order, cross-service
// keys included, with its data type, value type and availability. They count before the services' own entries.
//
// Always is set only where the page says that the key is included in the context of all requests. It is not so of
// aws:PrincipalArn and aws:PrincipalIsAWSService, which anonymous requests lack, nor of aws:ResourceAccount, which some
// actions do not support. identitystore:UserId is not here: the page has it single-valued, services' tables as a list. Read on
// 2026-11-23.
var globalKeys = []ConditionKey{
	// Properties of the principal.
	{Name: "aws:PrincipalArn", Type: ARN},
	{Name: "aws:PrincipalAccount", Type: String, Always: true},
	{Name: "aws:PrincipalOrgPaths", Type: String, Multi: true},
	{Name: "aws:PrincipalOrgID", Type: String},
	{Name: "aws:PrincipalTag/${TagKey}", Type: String},
	{Name: "aws:PrincipalIsAWSService", Type: Bool},
	{Name: "aws:PrincipalServiceName", Type: String},
	{Name: "aws:PrincipalServiceNamesList", Type: String, Multi: true},
	{Name: "aws:PrincipalType", Type: String, Always: true},
	{Name: "aws:userid", Type: String, Always: true},
	{Name: "aws:username", Type: String},

	// Properties of a role session. aws:FederatedProvider is an ARN with some identity providers, not with all.
	{Name: "aws:AssumedRoot", Type: Bool},
	{Name: "aws:FederatedProvider", Type: String},
	{Name: "aws:TokenIssueTime", Type: Date},
	{Name: "aws:SignInSessionArn", Type: ARN},
	{Name: "aws:MultiFactorAuthAge", Type: Numeric},
	{Name: "aws:MultiFactorAuthPresent", Type: Bool},
	{Name: "aws:ChatbotSourceArn", Type: ARN},
	{Name: "aws:Ec2InstanceSourceVpc", Type: String},
	{Name: "aws:Ec2InstanceSourcePrivateIPv4", Type: IPAddress},
	{Name: "aws:SourceIdentity", Type: String},
	{Name: "ec2:RoleDelivery", Type: Numeric},
	{Name: "ec2:SourceInstanceArn", Type: ARN},
	{Name: "glue:RoleAssumedBy", Type: String},
	{Name: "glue:CredentialIssuingService", Type: String},
	{Name: "codebuild:BuildArn", Type: ARN},
	{Name: "codebuild:ProjectArn", Type: ARN},
	{Name: "lambda:SourceFunctionArn", Type: ARN},
	{Name: "ssm:SourceInstanceArn", Type: ARN},

	// Properties of the network.
	{Name: "aws:SourceIp", Type: IPAddress},
	{Name: "aws:SourceVpc", Type: String},
	{Name: "aws:SourceVpcArn", Type: ARN},
	{Name: "aws:SourceVpce", Type: String},
	{Name: "aws:VpceAccount", Type: String},
	{Name: "aws:VpceOrgID", Type: String},
	{Name: "aws:VpceOrgPaths", Type: String, Multi: true},
	{Name: "aws:VpcSourceIp", Type: IPAddress},

	// Properties of the resource.
	{Name: "aws:ResourceAccount", Type: String},
	{Name: "aws:ResourceOrgID", Type: String},
	{Name: "aws:ResourceOrgPaths", Type: String, Multi: true},
	{Name: "aws:ResourceTag/${TagKey}", Type: String},

	// Properties of the request. Date and numeric operators work with aws:EpochTime alike.
	{Name: "aws:CalledVia", Type: String, Multi: true},
	{Name: "aws:CalledViaFirst", Type: String},
	{Name: "aws:CalledViaLast", Type: String},
	{Name: "aws:CalledViaAWSMCP", Type: String},
	{Name: "aws:ViaAWSService", Type: Bool, Always: true},
	{Name: "aws:ViaAWSMCPService", Type: Bool},
	{Name: "aws:CurrentTime", Type: Date, Always: true},
	{Name: "aws:EpochTime", Type: AnyType, Always: true},
	{Name: "aws:referer", Type: String},
	{Name: "aws:RequestedRegion", Type: String, Always: true},
	{Name: "aws:RequestTag/${TagKey}", Type: String},
	{Name: "aws:TagKeys", Type: String, Multi: true},
	{Name: "aws:SecureTransport", Type: Bool, Always: true},
	{Name: "aws:SourceAccount", Type: String},
	{Name: "aws:SourceArn", Type: ARN},
	{Name: "aws:SourceOrgID", Type: String},
	{Name: "aws:SourceOrgPaths", Type: String, Multi: true},
	{Name: "aws:UserAgent", Type: String, Always: true},
	{Name: "aws:IsMcpServiceAction", Type: Bool},

	// Not on the page, but in Amazon SNS's example cases of access control, beside aws:SourceAccount, and in its default policy.
	{Name: "aws:SourceOwner", Type: String},
}
