package coverage

import "slices"

const (
	accountFolder = "function/internal/awsaccount/"

	ofIdentity = "It is the function's identity: records, states and findings name the function by it."
	ofCodeSize = "It describes the code or the configuration. No permission depends on it."
	ofRun      = "It sets how the function runs. No permission of the role depends on it."
	ofLogging  = "It sets what the log holds, and not where it is written."
	ofSigner   = "It says who signed the code that is there. Who may replace that code does not depend on it."
	ofPoller   = "It sets how records are read and handed to the function. The permissions that the role needs are the same."
	ofImage    = "It sets how a container image is started. No permission of the role depends on it."
)

func fieldLists() []List {
	return []List{
		{Kind: Fields, Service: "lambda", Types: []string{"FunctionConfiguration"}, Rows: functionFields,
			Readers: []string{accountFolder + "function.go", accountFolder + "facts_config.go", accountFolder + "facts_read.go"}},
		{Kind: Fields, Service: "lambda", Types: []string{"AliasConfiguration"}, Rows: aliasFields, Readers: []string{accountFolder + "aliases.go"}},
		{Kind: Fields, Service: "lambda", Types: []string{"EventSourceMappingConfiguration"}, Rows: mappingFields, Readers: []string{accountFolder + "facts_config.go"}},
		{Kind: Fields, Service: "lambda", Types: []string{"FunctionEventInvokeConfig"}, Rows: invokeFields, Readers: []string{accountFolder + "facts_read.go"}},
		{Kind: Fields, Service: "lambda", Types: []string{"FunctionUrlConfig"}, Rows: urlFields, Readers: []string{accountFolder + "facts_read.go"}},
		{Kind: Fields, Service: "lambda", Types: []string{"CapacityProvider"}, Rows: providerFields, Readers: []string{accountFolder + "providers.go"}},
		{Kind: Fields, Service: "iam", Types: []string{"Role"}, Rows: roleFields, Readers: []string{accountFolder + "role.go"}},
		{Kind: Fields, Service: "iam", Types: []string{"Policy"}, Rows: policyFields, Readers: []string{accountFolder + "managed.go"}},
	}
}

var functionFields = slices.Concat(
	[]Row{
		judged("FunctionArn", ofIdentity),
		judged("FunctionName", ofIdentity),
		judged("Version", ofIdentity),
		judged("Role", "RW101 and RW110 to RW114 judge it, and it says which role the other checks are about."),
		judged("MasterArn", "RW116 reports the role of a Lambda@Edge function, which its replicas name."),
		judged("LastModified", "RW113 compares it with the time at which the role was created again."),
		judged("LoggingConfig.LogGroup", "RW201 checks the permissions to write it."),
		judged("VpcConfig.VpcId", "RW202 checks the permissions to manage network interfaces."),
		judged("VpcConfig.SubnetIds", "RW202 checks the permissions to manage network interfaces."),
		judged("VpcConfig.SecurityGroupIds", "RW202 checks the permissions to manage network interfaces."),
		judged("TracingConfig.Mode", "RW203 checks the permissions to send traces."),
		judged("DeadLetterConfig.TargetArn", "RW204 checks the permission to deliver to it, and RW222 judges its Region."),
		judged("FileSystemConfigs.Arn", "RW214 and RW215 check the permissions to mount it."),
		judged("FileSystemConfigs.S3FilesConfig.DirectS3Read", "RW215 checks the permissions to read objects directly from the bucket."),
		judged("CapacityProviderConfig.LambdaManagedInstancesCapacityProviderConfig.CapacityProviderArn", "A function that has one is invoked as $LATEST.PUBLISHED where "+
			"a name has no qualifier: RW407 to RW410 and RW412 to RW414 judge that version."),
		judged("KMSKeyArn", "RW216 checks the permission to decrypt with it."),
		judged("Environment.Variables", "RW216 checks whether there are any, and RW219 for AWS_LAMBDA_EXEC_WRAPPER. No other value is read."),
		judged("Environment.Error", "RW216 takes it as a sign that there are variables."),
		judged("Layers.Arn", "RW411 judges whose layers they are, and RW218 and RW219 which extensions they bring."),
		judged("RuntimeConfig.RuntimeArn", "RW415 judges which account publishes the runtime."),
		judged("RuntimeConfig.RuntimeAlias", "RW415 names it."),
		judged("StateReason", "RW220 quotes it."),
		judged("StateReasonCode", "RW220 reports the codes that are about access."),
		judged("LastUpdateStatusReason", "RW220 quotes it."),
		judged("LastUpdateStatusReasonCode", "RW220 reports the codes that are about access."),

		noConcern("State", "What it has to do with the role is in the reason code, which RW220 judges."),
		noConcern("LastUpdateStatus", "What it has to do with the role is in the reason code, which RW220 judges."),
		notYet("DurableConfig.KMSKeyArn", "Whether the key that encrypts the state of durable executions may be used. AWS's page grants that in the policy of the key, which is not read; RW217 checks the permissions of the role to keep the state."),
		noConcern("DurableConfig.ExecutionTimeout", "It sets how long a durable execution may take. That there is a configuration is judged by RW217."),
		noConcern("DurableConfig.RetentionPeriodInDays", "It sets how long the state is kept. That there is a configuration is judged by RW217."),
		noConcern("PackageType", "Lambda pulls a container image by the policy of its repository, and not with the role. RW220 reports where Lambda may not."),
		noConcern("SnapStart.ApplyOn", "When a version is published, code of the function runs with the role that it has in any invocation. It needs no other permission for that."),
		noConcern("RuntimeVersionConfig", "It is the version of the runtime that runs now. Whose runtime it is, and whether the function keeps the version, is judged by RW415."),
		noConcern("SigningJobArn", ofSigner),
		noConcern("SigningProfileVersionArn", ofSigner),
		noConcern("Layers.SigningJobArn", ofSigner),
		noConcern("Layers.SigningProfileVersionArn", ofSigner),

		judged("MemorySize", "Whether Lambda reads an S3 Files file system directly from its bucket depends on it: RW215 checks the permission."),
		noConcern("FileSystemConfigs.LocalMountPath", "It is where the function sees the file system. No permission depends on it."),
		noConcern("VpcConfig.Ipv6AllowedForDualStack", "It allows IPv6 in the subnets. The permissions that Lambda needs are the same."),
		noConcern("Layers.CodeSize", ofCodeSize),
		noConcern("SnapStart.OptimizationStatus", ofRun),
		noConcern("ImageConfigResponse", ofImage),
		noConcern("TenancyConfig", "It isolates the environments of tenants from one another. All run with the same role."),
	},
	each(noConcern, ofCodeSize, "CodeSha256", "CodeSize", "ConfigSha256", "Description", "RevisionId"),
	each(noConcern, ofRun, "CapacityProviderConfig.LambdaManagedInstancesCapacityProviderConfig.ExecutionEnvironmentMemoryGiBPerVCpu",
		"CapacityProviderConfig.LambdaManagedInstancesCapacityProviderConfig.PerExecutionEnvironmentMaxConcurrency", "Architectures", "EphemeralStorage", "Handler", "Runtime", "Timeout"),
	each(noConcern, ofLogging, "LoggingConfig.ApplicationLogLevel", "LoggingConfig.LogFormat", "LoggingConfig.SystemLogLevel"),
)

var aliasFields = []Row{
	judged("Name", "Resource policies, URLs, mappings and destinations are read under the names of aliases."),
	judged("FunctionVersion", "It says which version, and so which role, is used under the alias."),
	judged("RoutingConfig.AdditionalVersionWeights", "It says which other version, and so which role, is used under the alias."),
	noConcern("AliasArn", "It is made of the function's ARN and the name."),
	noConcern("Description", ofCodeSize),
	noConcern("RevisionId", ofCodeSize),
}

var invokeFields = []Row{
	judged("FunctionArn", ofIdentity),
	judged("DestinationConfig.OnSuccess.Destination", "RW205 checks the permission to deliver to it, and RW222 judges its Region."),
	judged("DestinationConfig.OnFailure.Destination", "RW205 checks the permission to deliver to it, and RW222 judges its Region."),
	noConcern("LastModified", "When the configuration was changed decides nothing."),
	noConcern("MaximumEventAgeInSeconds", ofRun),
	noConcern("MaximumRetryAttempts", ofRun),
}

var providerFields = []Row{
	judged("CapacityProviderArn", "RW225 names it, and RW502 counts it as a user of its operator role."),
	judged("PermissionsConfig.CapacityProviderOperatorRoleArn", "RW225 judges the permissions of the operator role, and RW101 to RW109, RW114 and RW115 whether Lambda can assume it."),
	judged("VpcConfig.SubnetIds", "RW225 checks the permissions to start instances in them."),
	judged("VpcConfig.SecurityGroupIds", "RW225 checks the permissions to start instances with them."),
	notYet("KmsKeyArn", "Whether Lambda may use the key with which the volumes of instances are encrypted. AWS's page on the operator role names no permission for it, so that nothing can be asked of the role."),
	notYet("TelemetryConfig", "Whether the operator role may write the capacity provider's system log. AWS's managed policy allows it, and the page on the operator role does not name it."),
	noConcern("State", "It comes without a reason. What the operator role lacks is judged by RW225, whatever the state."),
	noConcern("CapacityProviderScalingConfig", ofRun),
	noConcern("InstanceRequirements", ofRun),
	noConcern("PropagateTags", "It tags what Lambda makes. The permission to tag is required in any case."),
	noConcern("LastModified", "When the capacity provider was changed decides nothing."),
}

var urlFields = []Row{
	judged("FunctionArn", ofIdentity),
	judged("AuthType", "RW409 reports a URL that asks for no signature, and RW407 and RW410 judge who may invoke."),
	judged("FunctionUrl", "RW409 names it."),
	noConcern("Cors", "It says what a browser allows a page to do. It does not bind other clients."),
	noConcern("InvokeMode", ofRun),
	noConcern("CreationTime", "When the URL was created decides nothing."),
	noConcern("LastModifiedTime", "When the URL was changed decides nothing."),
}
