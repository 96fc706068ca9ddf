package danger

// callPaths pass another role to a service that calls APIs with it, or reads and writes data, as the function specifies.
var callPaths = []path{
	{id: "scheduler-update", does: "make an existing schedule of EventBridge Scheduler call any API under another role", requires: "a schedule", ways: [][]step{
		way(pass("scheduler.amazonaws.com"), do(anything, "scheduler:UpdateSchedule")),
	}},
	{id: "events-target", does: "make a new EventBridge rule run commands, tasks and builds under another role", ways: [][]step{
		way(pass("events.amazonaws.com"), do(aThing, "events:PutRule", "events:PutTargets")),
	}},
	{
		id: "events-target-update", does: "make an existing EventBridge rule run commands, tasks and builds under another role",
		requires: "an EventBridge rule", ways: [][]step{way(pass("events.amazonaws.com"), do(anything, "events:PutTargets"))},
	},
	{id: "pipes-create", does: "make a new pipe read from sources and start tasks under another role", ways: [][]step{
		way(pass("pipes.amazonaws.com"), do(anything, "pipes:CreatePipe")),
	}},
	{id: "pipes-update", does: "make an existing pipe read from sources and start tasks under another role", requires: "a pipe of EventBridge Pipes", ways: [][]step{
		way(pass("pipes.amazonaws.com"), do(anything, "pipes:UpdatePipe")),
	}},
	{id: "cloud-control", does: "use the Cloud Control API to create and change anything that another role is allowed to", ways: [][]step{
		way(pass("cloudformation.amazonaws.com"), do(anything, "cloudformation:CreateResource")),
		way(pass("cloudformation.amazonaws.com"), do(anything, "cloudformation:UpdateResource")),
	}},
	{id: "apigateway-create", does: "make a new API of API Gateway call AWS services under another role", ways: [][]step{
		way(pass("apigateway.amazonaws.com"), step{action: "apigateway:POST", types: []string{"RestApis"}}, step{action: "apigateway:POST", types: []string{"Deployments"}}),
	}},
	{
		id: "apigateway-update", does: "make an existing API of API Gateway call AWS services under another role", requires: "an API of API Gateway", ways: [][]step{
			way(pass("apigateway.amazonaws.com"), step{action: "apigateway:PUT", types: []string{"RestApi"}}, step{action: "apigateway:POST", types: []string{"Deployments"}}),
			way(pass("apigateway.amazonaws.com"), step{action: "apigateway:PATCH", types: []string{"Integration"}}, step{action: "apigateway:POST", types: []string{"Deployments"}}),
		},
	},
	{id: "appsync-create", does: "make a new AppSync API call AWS services under another role", ways: [][]step{
		way(pass("appsync.amazonaws.com"), do(anything, "appsync:CreateGraphqlApi", "appsync:StartSchemaCreation", "appsync:CreateDataSource",
			"appsync:CreateResolver", "appsync:CreateApiKey")),
	}},
	{
		id: "appsync-data-source", does: "make an existing AppSync API call AWS services under another role", requires: "an AppSync API", ways: [][]step{
			way(pass("appsync.amazonaws.com"), do(anything, "appsync:CreateDataSource", "appsync:CreateResolver")),
			way(pass("appsync.amazonaws.com"), do(anything, "appsync:CreateDataSource", "appsync:UpdateResolver")),
			way(pass("appsync.amazonaws.com"), do(anything, "appsync:UpdateDataSource", "appsync:UpdateResolver")),
		},
	},
	{id: "iot-role-alias", does: "get another role's credentials from IoT, with its own role alias and device certificate", ways: [][]step{
		way(pass("credentials.iot.amazonaws.com"), do(anything, "iot:CreateRoleAlias", "iot:CreateKeysAndCertificate", "iot:CreatePolicy", "iot:AttachPolicy")),
		way(pass("credentials.iot.amazonaws.com"), do(anything, "iot:CreateRoleAlias", "iot:CreateKeysAndCertificate", "iot:CreatePolicy", "iot:AttachPrincipalPolicy")),
		way(pass("credentials.iot.amazonaws.com"), do(anything, "iot:CreateRoleAlias", "iot:CreateCertificateFromCsr", "iot:CreatePolicy", "iot:AttachPolicy")),
	}},
	{
		id: "iot-role-alias-update", does: "give the devices that use an existing IoT role alias another role's credentials",
		requires: "an IoT role alias, and the certificate of a device that may use it", ways: [][]step{
			way(pass("credentials.iot.amazonaws.com"), do(anything, "iot:UpdateRoleAlias")),
		},
	},
	{id: "iot-rule", does: "use an IoT rule to send any data to AWS services under another role", ways: [][]step{
		way(pass("iot.amazonaws.com"), do(anything, "iot:CreateTopicRule", "iot:Publish")),
	}},
	{id: "fis-experiment", does: "make an experiment of Fault Injection Service run commands under another role", ways: [][]step{
		way(pass("fis.amazonaws.com"), do(anything, "fis:CreateExperimentTemplate", "fis:StartExperiment")),
	}},
	{
		id: "fis-experiment-update", does: "make an existing experiment of Fault Injection Service run commands under another role",
		requires: "an experiment template of Fault Injection Service", ways: [][]step{
			way(pass("fis.amazonaws.com"), do(anything, "fis:UpdateExperimentTemplate", "fis:StartExperiment")),
		},
	},
	{id: "roles-anywhere-profile", does: "get another role's credentials from IAM Roles Anywhere, with its own certificate authority", ways: [][]step{
		way(pass("rolesanywhere.amazonaws.com"), do(anything, "rolesanywhere:CreateProfile", "rolesanywhere:CreateTrustAnchor")),
	}},
	{id: "firehose-create", does: "make a Firehose stream read from its source and write to its destination under another role", ways: [][]step{
		way(pass("firehose.amazonaws.com"), do(anything, "firehose:CreateDeliveryStream")),
	}},
	{id: "s3-replication", does: "use S3 to copy objects to another bucket under another role", requires: "a bucket whose objects have versions", ways: [][]step{
		way(pass("s3.amazonaws.com"), do(anything, "s3:PutReplicationConfiguration")),
	}},
	{id: "transfer-create", does: "read and write files through a new Transfer Family server, under another role", ways: [][]step{
		way(pass("transfer.amazonaws.com"), do(anything, "transfer:CreateServer", "transfer:CreateUser")),
	}},
	{
		id: "transfer-user", does: "read and write files through an existing Transfer Family server, under another role",
		requires: "a Transfer Family server that manages its own users", ways: [][]step{
			way(pass("transfer.amazonaws.com"), do(anything, "transfer:CreateUser")),
			way(pass("transfer.amazonaws.com"), do(anything, "transfer:UpdateUser", "transfer:ImportSshPublicKey")),
		},
	},
}
