package aws

import (
	"regexp"
	"slices"
	"strings"
)

// Meaning is what a message with which AWS refuses a call says about an execution role.
type Meaning string

// The meanings.
const (
	// RoleNotAssumable says that Lambda could not assume the role. The message never says why.
	RoleNotAssumable Meaning = "Lambda cannot assume the role"
	// RoleNotPrincipal says that KMS did not know the role as a principal: the role does not exist, or is too young.
	RoleNotPrincipal Meaning = "AWS KMS does not know the role as a principal"
	// RoleOfAnotherAccount says that function and role are in different accounts.
	RoleOfAnotherAccount Meaning = "The role is in another account than the function"
	// RoleNotAnARN says that the text given as the role is not the ARN of a role.
	RoleNotAnARN Meaning = "The role is not given as the ARN of a role"
	// RoleLacks says that the role does not allow a call that Lambda makes because of how the function is configured.
	RoleLacks Meaning = "The role lacks a permission that the configuration needs"
	// CodeLacks says that a call by the function's own code was denied.
	CodeLacks Meaning = "A call by the function's code was denied"
	// EdgeNotTrusted says that the role does not trust Lambda@Edge.
	EdgeNotTrusted Meaning = "The role does not trust Lambda@Edge"
	// EnvironmentNotDecrypted says that Lambda could not decrypt the environment variables with the role.
	EnvironmentNotDecrypted Meaning = "The environment variables cannot be decrypted"
	// NotMounted says that a file system could not be mounted with the role.
	NotMounted Meaning = "The file system cannot be mounted"
	// CallerMayNotPass says that the caller lacks iam:PassRole on the role.
	CallerMayNotPass Meaning = "The caller may not pass the role to Lambda"
	// NotTheRole says that the cause lies elsewhere, although the message speaks of access.
	NotTheRole Meaning = "The cause is not the execution role"
)

// Refusal is a sentence with which AWS refuses a call. AWS documents no code that tells these causes apart.
type Refusal struct {
	Meaning Meaning
	// Says is what the sentence means, in whole sentences, for somebody who received it.
	Says string
	// Example is the sentence as AWS writes it, with made-up names.
	Example string
	// Source is the page or public report that shows the sentence.
	Source string

	pattern *regexp.Regexp
}

// Pattern is the regular expression that the sentence matches, in any letters; a space stands for whatever a tool puts between
// two words.
func (r Refusal) Pattern() string {
	return strings.ReplaceAll(strings.TrimPrefix(r.pattern.String(), anyLetters), betweenWords, " ")
}

// Refusals gives the table. The first sentence that a message contains counts.
func Refusals() []Refusal { return slices.Clone(refusals.rows) }

// RefusalsRead is the day on which the table was last compared with its sources, as 2006-01-02.
func RefusalsRead() string { return refusals.sources[0].Read }

const (
	lambdaGuide = "https://docs.aws.amazon.com/lambda/latest/dg/"
	iamGuide    = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
)

// refusals are in the order in which they are tried: the narrower sentence stands before one that contains it. AWS lists only
// some of them; a row's own source is the page or the public report that shows its sentence.
var refusals = table[[]Refusal]{
	sources: []Source{
		{"https://docs.aws.amazon.com/lambda/latest/dg/security_iam_troubleshoot.html", "2026-11-29"},
		{"https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html", "2026-11-29"},
	},
	rows: []Refusal{
		{
			Meaning: RoleNotAssumable,
			Says:    "Lambda called sts:AssumeRole for the function and was denied, or the role does not exist. Lambda returns this message for more than a dozen causes.",
			Example: "The role defined for the function cannot be assumed by Lambda.",
			Source:  lambdaGuide + "lambda-intro-execution-role.html",
			pattern: sentence(`role defined for the (?:function|task) cannot be assumed by Lambda`),
		},
		{
			Meaning: RoleNotAssumable,
			Says:    "Lambda called sts:AssumeRole to reach the event source and was denied.",
			Example: "Please add Lambda as a Trusted Entity for arn:aws:iam::111122223333:role/orders",
			Source:  "https://github.com/grucloud/grucloud",
			pattern: sentence(`add Lambda as a Trusted Entity`),
		},
		{
			Meaning: RoleOfAnotherAccount,
			Says:    "A role cannot be passed to a service in another account. The CloudTrail record of the call does not name the role.",
			Example: "Cross-account pass role is not allowed.",
			Source:  iamGuide + "id_roles_use_passrole.html",
			pattern: sentence(`Cross-account pass role is not allowed`),
		},
		{
			Meaning: CallerMayNotPass,
			Says:    "To configure a function with a role, a principal needs iam:PassRole on the role. The role itself does not lack any permission.",
			Example: "User: arn:aws:iam::111122223333:user/sam is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/orders because no identity-based policy allows the iam:PassRole action",
			Source:  iamGuide + "id_roles_use_passrole.html",
			pattern: sentence(`not authorized to perform: iam:PassRole(?: on resource: (?P<on>\S+))?`),
		},
		{
			Meaning: RoleNotAnARN,
			Says:    "Lambda requires the complete ARN of a role, not its name.",
			Example: "1 validation error detected: Value 'orders' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
			Source:  "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html",
			pattern: sentence(`Value '(?P<value>[^']*)' at 'role' failed to satisfy constraint`),
		},
		{
			Meaning: RoleNotPrincipal,
			Says:    "Lambda called kms:CreateGrant for the role, and AWS KMS did not find the role. IAM had not propagated the role yet, or the role does not exist.",
			Example: "Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: InvalidArnException KMS Message: ARN does not refer to a valid principal: arn:aws:sts::111122223333:assumed-role/orders/orders-api",
			Source:  "https://github.com/hashicorp/terraform-provider-aws/issues/4633",
			pattern: sentence(`CreateGrant.*ARN does not refer to a valid principal(?:: (?P<session>arn:\S+:assumed-role/\S+))?`),
		},
		{
			Meaning: NotTheRole,
			Says:    "The caller that the message names lacks kms:CreateGrant on the key of the environment variables.",
			Example: "Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: AccessDeniedException KMS Message: User: arn:aws:iam::111122223333:user/sam is not authorized to perform: kms:CreateGrant on resource: arn:aws:kms:us-east-1:111122223333:key/1 because no identity-based policy allows the kms:CreateGrant action",
			Source:  lambdaGuide + "configuration-envvars-encryption.html",
			pattern: sentence(`invalid for CreateGrant.*is not authorized to perform: kms:CreateGrant`),
		},
		{
			Meaning: NotTheRole,
			Says:    "The key is not specified by its ARN. Lambda does not accept an alias.",
			Example: "Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: InvalidArnException KMS Message: Key Aliases are not supported for this operation.",
			Source:  "https://github.com/hashicorp/terraform/issues/20813",
			pattern: sentence(`invalid for CreateGrant.*Aliases are not supported`),
		},
		{
			Meaning: NotTheRole,
			Says: "The key of the environment variables is disabled, pending deletion or deleted, or the grant by which Lambda uses it was revoked. " +
				"Enable the key. If it is enabled, configure the function with another key and then with this key again, so that Lambda creates a new grant.",
			Example: "KMSDisabledException: Lambda was unable to decrypt the environment variables because the KMS key used is disabled. Please check the function's KMS key settings.",
			Source:  lambdaGuide + "troubleshooting-invocation.html",
			pattern: sentence(`unable to decrypt the environment variables because the KMS key (?:used|was)`),
		},
		{
			Meaning: EnvironmentNotDecrypted,
			Says:    "Lambda encrypts environment variables under a grant for the role. The grant no longer applies after the role was deleted and created again, and it does not help if a policy denies the role the use of the key.",
			Example: "Lambda was unable to decrypt the environment variables because KMS access was denied. Please check the function's AWS KMS key settings. KMS Exception: UnrecognizedClientException KMS Message: The security token included in the request is invalid.",
			Source:  "https://repost.aws/knowledge-center/lambda-kmsaccessdeniedexception-errors",
			pattern: sentence(`unable to decrypt the environment variables(?:[^"]*? is not authorized to perform: (?P<calls>kms:Decrypt)(?: on resource: (?P<on>\S+))?)?`),
		},
		{
			Meaning: RoleLacks,
			Says:    "Lambda tried the call with the role before it accepted the configuration, and the call was denied.",
			Example: "The provided execution role does not have permissions to call CreateNetworkInterface on EC2",
			Source:  "https://github.com/github-aws-runners/terraform-aws-github-runner/issues/888",
			pattern: sentence(`execution role does not have permissions to call (?P<call>\w+) on (?P<on>\S+)`),
		},
		{
			Meaning: RoleLacks,
			Says:    "Lambda tried to create a network interface in the VPC with the role, and the call was denied. This is the older form of the message.",
			Example: "Your access has been denied by EC2, please make sure your function execution role have permission to CreateNetworkInterface. EC2 Error Code: UnauthorizedOperation. EC2 Error Message: You are not authorized to perform this operation.",
			Source:  "https://github.com/serverless/serverless/issues/1966",
			pattern: sentence(`denied by (?P<on>\w+), please make sure your function execution role ha(?:ve|s) permission to (?P<call>\w+)`),
		},
		{
			Meaning: NotTheRole,
			Says:    "Lambda reads the deployment package with the caller's permissions, not with the execution role.",
			Example: "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for artifacts/app.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied",
			Source:  "https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html",
			pattern: sentence(`denied by S3|Error occurred while GetObject`),
		},
		{
			Meaning: NotTheRole,
			Says:    "The caller lacks the permission in Amazon EC2 to describe the subnets and security groups of the VPC configuration.",
			Example: "Your access has been denied by EC2, please make sure your request credentials have permission to DescribeSecurityGroups for sg-0c3. EC2 Error Code: UnauthorizedOperation. EC2 Error Message: You are not authorized to perform this operation.",
			Source:  lambdaGuide + "configuration-vpc.html#configuration-vpc-permissions",
			pattern: sentence(`make sure your request credentials have permission to`),
		},
		{
			Meaning: RoleLacks,
			Says:    "Lambda tried to read the stream with the role, and one of the calls in the message was denied.",
			Example: "Cannot access stream arn:aws:dynamodb:us-east-1:111122223333:table/orders/stream/2026-03-02T09:00:00.000. Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM.",
			Source:  lambdaGuide + "services-dynamodb-eventsourcemapping.html",
			pattern: sentence(`(?:Cannot access stream (?P<on>arn:\S+?)\.? )?Please ensure the role can perform the (?P<calls>.+?) Actions? on your stream`),
		},
		{
			Meaning: RoleLacks,
			Says:    "Lambda tried to read the secret of the event source with the role, and the call was denied.",
			Example: "Cannot access secret manager value arn:aws:secretsmanager:us-east-1:111122223333:secret:AmazonMSK_orders-AbCdEf. Please ensure the role can perform the 'secretsmanager:GetSecretValue' action on your broker in IAM.",
			Source:  "https://github.com/aws/aws-cdk/issues/18571",
			pattern: sentence(`Cannot access secret manager value (?P<on>arn:\S+?)\.? Please ensure the role can perform the '(?P<calls>[^']+)' action`),
		},
		{
			Meaning: RoleLacks,
			Says:    "Lambda could not use the role for a call that the configuration needs. The message does not say which call was denied.",
			Example: "The function's execution role doesn't have permission to perform this operation.",
			Source:  "https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html",
			pattern: sentence(`execution role (?:doesn't|does not) have permissions? to perform this operation`),
		},
		{
			Meaning: NotTheRole,
			Says:    "A queue can be an event source only if its visibility timeout is at least the timeout of the function.",
			Example: "Queue visibility timeout: 30 seconds is less than Function timeout: 120 seconds",
			Source:  "https://github.com/hashicorp/terraform-provider-aws/issues/18099",
			pattern: sentence(`Queue visibility timeout: \d+ seconds is less than Function timeout`),
		},
		{
			Meaning: EdgeNotTrusted,
			Says:    "CloudFront associates a function only if its role trusts edgelambda.amazonaws.com in addition to lambda.amazonaws.com.",
			Example: "The function execution role must be assumable with edgelambda.amazonaws.com as well as lambda.amazonaws.com principals. Update the IAM role and try again. Role: arn:aws:iam::111122223333:role/orders",
			Source:  "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-permissions.html",
			pattern: sentence(`must be assumable with edgelambda\.amazonaws\.com`),
		},
		{
			Meaning: NotMounted,
			Says:    "Lambda mounts the file system with the role when it starts the function. Either the role lacks the permission, or the function cannot reach the mount target over the network.",
			Example: "The function could not mount the EFS file system with access point arn:aws:elasticfilesystem:us-east-1:111122223333:access-point/fsap-0123456789abcdef0",
			Source:  lambdaGuide + "configuration-filesystem.html",
			pattern: sentence(`(?:could not|couldn't) mount the (?:Amazon )?\S+ file system(?: with access point (?P<on>arn:\S+))?`),
		},
		{
			Meaning: NotTheRole,
			Says:    "Lambda pulls the image as lambda.amazonaws.com, not with the execution role. The policy of the repository must allow ecr:BatchGetImage and ecr:GetDownloadUrlForLayer to that service.",
			Example: "Lambda does not have permission to access the ECR image. Check the ECR permissions.",
			Source:  lambdaGuide + "images-create.html#gettingstarted-images-permissions",
			pattern: sentence(`permission to access the (?:ECR|specified) image`),
		},
		{
			Meaning: CodeLacks,
			Says:    "The call was made with a session of the role in the message, and was denied. For calls by a function's code, the session name is the name of the function.",
			Example: "User: arn:aws:sts::111122223333:assumed-role/orders/orders-api is not authorized to perform: dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:111122223333:table/orders because no identity-based policy allows the dynamodb:PutItem action",
			Source:  iamGuide + "troubleshoot_access-denied.html",
			pattern: sentence(`User: (?P<session>arn:\S+:assumed-role/\S+) is not authorized to perform: (?P<calls>[\w-]+:\w+)(?: on resource: (?P<on>\S+))?`),
		},
		{
			Meaning: NotTheRole,
			Says:    "The caller lacks a permission of its own. The execution role is not involved.",
			Example: "User: arn:aws:iam::111122223333:user/sam is not authorized to perform: lambda:CreateFunction on resource: arn:aws:lambda:us-east-1:111122223333:function:orders-api",
			Source:  iamGuide + "troubleshoot_access-denied.html",
			pattern: sentence(`is not authorized to perform: `),
		},
	},
}

// sentence matches a part of a message. The service that wraps a message writes it with other capitals. Tools break lines between
// its words, in the column of a table as the AWS SAM CLI does, or behind a frame as Terraform does.
func sentence(pattern string) *regexp.Regexp {
	return regexp.MustCompile(anyLetters + strings.ReplaceAll(pattern, " ", betweenWords))
}

const (
	anyLetters   = `(?is)`
	betweenWords = `[\s\x{2500}-\x{257F}]+`
)
