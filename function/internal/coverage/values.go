package coverage

import "slices"

const (
	byRW220    = "RW220 reports it."
	ofNetwork  = "It is about the network or its quota. No permission of the role fixes it."
	ofCapacity = "It is about capacity or a quota. No permission of the role fixes it."
	ofCode     = "The code of the function fails, or cannot be started."
	ofPassing  = "It is a state that passes."
	ofSecret   = "RW209 to RW212 check the permission to read its secret."
	ofToken    = "It is a value that Lambda sends when it requests a token, and names no secret."
	ofOthers   = "It sets how services behave or are managed. No check judges a role by it."
)

func valueLists() []List {
	return []List{
		{Kind: Values, Service: "lambda", Types: []string{"StateReasonCode", "LastUpdateStatusReasonCode"}, Rows: reasonCodes},
		{Kind: Values, Service: "lambda", Types: []string{"State"}, Rows: []Row{
			noConcern("Failed", "What it has to do with the role is in the reason code, which RW220 judges."),
			noConcern("Inactive", "The next invocation needs the permissions for the network again, and RW202 judges them in any state."),
			noConcern("Pending", ofPassing), noConcern("Active", "Nothing is wrong."), noConcern("Deactivating", ofPassing),
			noConcern("Deactivated", "Somebody turned the function off."), noConcern("ActiveNonInvocable", "It is a state of a function that is not to be invoked."),
			noConcern("Deleting", ofPassing),
		}},
		{Kind: Values, Service: "lambda", Types: []string{"LastUpdateStatus"}, Rows: []Row{
			noConcern("Failed", "What it has to do with the role is in the reason code, which RW220 judges."),
			noConcern("Successful", "Nothing is wrong."), noConcern("InProgress", ofPassing),
		}},
		{Kind: Values, Service: "lambda", Types: []string{"PackageType"}, Rows: []Row{
			noConcern("Image", "Lambda pulls the image by the policy of its repository, and not with the role. RW220 reports where Lambda may not."),
			noConcern("Zip", "Lambda keeps the code itself."),
		}},
		{Kind: Values, Service: "lambda", Types: []string{"TracingMode"}, Rows: []Row{
			judged("Active", "RW203 checks the permissions to send traces."),
			noConcern("PassThrough", "Lambda sends traces only where the caller has begun one, and fails nothing when it cannot."),
		}},
		{Kind: Values, Service: "lambda", Types: []string{"FunctionUrlAuthType"}, Rows: []Row{
			judged("NONE", "RW409 reports it where the resource policy lets everybody invoke."),
			judged("AWS_IAM", "RW407 and RW410 judge who may invoke, by the resource policy."),
		}},
		{Kind: Values, Service: "lambda", Types: []string{"SnapStartApplyOn"}, Rows: []Row{
			noConcern("PublishedVersions", "When a version is published, code of the function runs with the role that it has in any invocation."),
			noConcern("None", "Code runs when the function is invoked."),
		}},
		{Kind: Values, Service: "lambda", Types: []string{"SourceAccessType"}, Rows: sourceAccessTypes},
		{Kind: Values, Service: "lambda", Types: []string{"KafkaSchemaRegistryAuthType"}, Rows: each(judged, ofAccess,
			"BASIC_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH", "SERVER_ROOT_CA_CERTIFICATE", "OAUTHBEARER_AUTH")},
		{Kind: Values, Service: "lambda", Types: []string{"DirectS3Read"}, Rows: []Row{
			judged("ENABLED", "RW215 checks the permissions to read objects directly from the bucket."),
			noConcern("DISABLED", "Objects are read through the file system."),
			noConcern("AUTO", "Lambda reads through the file system where the role may not read objects directly."),
		}},
		{Kind: Values, Service: "organizations", Types: []string{"PolicyType"}, Rows: organizationPolicyTypes},
		{Kind: Values, Service: "organizations", Types: []string{"OrganizationFeatureSet"}, Rows: []Row{
			judged("ALL", "Service and resource control policies are read."),
			judged("CONSOLIDATED_BILLING", "Such an organization has no service or resource control policies."),
		}},
	}
}

// reasonCodes are those of a function's state and of its last update, which share nearly all.
var reasonCodes = slices.Concat(
	each(judged, byRW220, "InsufficientRolePermissions", "KMSKeyAccessDenied", "KMSKeyNotFound", "InvalidStateKMSKey", "DisabledKMSKey", "ImageAccessDenied",
		"ImageDeleted", "EFSMountFailure", "EFSMountConnectivityError", "EFSMountTimeout", "EFSIOError", "InvalidImage", "InvalidRuntime", "DependencyError",
		"DisallowedByVpcEncryptionControl", "InvalidConfiguration"),
	[]Row{
		noConcern("InternalError", "Lambda failed. Nothing in the account fixes it."),
		noConcern("DrainingDurableExecutions", ofPassing),
		noConcern("Idle", "Lambda reclaimed the resources of a function that was not invoked."),
		noConcern("Creating", ofPassing),
		noConcern("Restoring", ofPassing),
		noConcern("InvalidZipFileException", ofCode),
	},
	each(noConcern, ofNetwork, "EniLimitExceeded", "SubnetOutOfIPAddresses", "InvalidSubnet", "InvalidSecurityGroup"),
	each(noConcern, ofCapacity, "ServiceQuotaExceededException", "VcpuLimitExceeded", "CapacityProviderScalingLimitExceeded", "InsufficientCapacity", "EC2RequestLimitExceeded"),
	each(noConcern, ofCode, "FunctionError", "FunctionError.InitTimeout", "FunctionError.RuntimeInitError", "FunctionError.ExtensionInitError",
		"FunctionError.InvalidEntryPoint", "FunctionError.InvalidWorkingDirectory", "FunctionError.PermissionDenied", "FunctionError.TooManyExtensions",
		"FunctionError.InitResourceExhausted"),
)

var sourceAccessTypes = slices.Concat(
	each(judged, ofSecret, "BASIC_AUTH", "SASL_SCRAM_512_AUTH", "SASL_SCRAM_256_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH", "SERVER_ROOT_CA_CERTIFICATE", "OAUTHBEARER_AUTH"),
	each(judged, "RW210 checks the network permissions that it needs.", "VPC_SUBNET", "VPC_SECURITY_GROUP"),
	[]Row{
		noConcern("VIRTUAL_HOST", "It names a part of a broker, which the broker authorizes itself."),
		judged("IAM_AUTH", "RW209 checks the permissions on the cluster. RW210 does so where they are known, and is undecided otherwise."),
		judged("IAM_OAUTHBEARER_AUTH", "RW210 checks the permission to obtain a token (sts:GetWebIdentityToken)."),
	},
	each(noConcern, ofToken, "OAUTHBEARER_SCOPE", "OAUTHBEARER_AUDIENCE", "OAUTHBEARER_LOGICAL_CLUSTER", "OAUTHBEARER_IDENTITY_POOL"),
)

var organizationPolicyTypes = slices.Concat(
	[]Row{
		judged("SERVICE_CONTROL_POLICY", "All checks of permissions judge by those that apply to the account."),
		judged("RESOURCE_CONTROL_POLICY", "RW115 and the checks of permissions judge by those that apply to the account."),
		notYet("S3_POLICY", "It may block public access to buckets of the account. It can only make a risk of RW311 or RW312 smaller, and these are judged as if there were none."),
	},
	each(noConcern, ofOthers, "TAG_POLICY", "BACKUP_POLICY", "AISERVICES_OPT_OUT_POLICY", "CHATBOT_POLICY", "DECLARATIVE_POLICY_EC2", "SECURITYHUB_POLICY", "SECURITYHUB_CSPM_POLICY",
		"INSPECTOR_POLICY", "UPGRADE_ROLLOUT_POLICY", "BEDROCK_POLICY", "NETWORK_SECURITY_DIRECTOR_POLICY", "GUARDDUTY_POLICY"),
)
