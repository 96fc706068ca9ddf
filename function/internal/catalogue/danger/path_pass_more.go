package danger

// morePassPaths are more of passPaths.
var morePassPaths = []path{
	{id: "sagemaker-notebook", does: "open a SageMaker notebook under another role", ways: [][]step{
		way(pass("sagemaker.amazonaws.com"), do(anything, "sagemaker:CreateNotebookInstance")),
	}},
	{id: "sagemaker-training", does: "run its own code in a SageMaker training job, under another role", ways: [][]step{
		way(pass("sagemaker.amazonaws.com"), do(anything, "sagemaker:CreateTrainingJob")),
	}},
	{id: "sagemaker-processing", does: "run its own code in a SageMaker processing job, under another role", ways: [][]step{
		way(pass("sagemaker.amazonaws.com"), do(anything, "sagemaker:CreateProcessingJob")),
	}},
	{id: "datapipeline", does: "run commands in a data pipeline under another role", ways: [][]step{
		way(pass("datapipeline.amazonaws.com", "ec2.amazonaws.com", "elasticmapreduce.amazonaws.com"), do(anything, "datapipeline:CreatePipeline"),
			do(aThing, "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline")),
	}},
	{id: "apprunner-create", does: "run its own container in App Runner, under another role", ways: [][]step{
		way(pass("tasks.apprunner.amazonaws.com", "build.apprunner.amazonaws.com"), do(anything, "apprunner:CreateService")),
	}},
	{id: "agentcore-interpreter-create", does: "run code in a new AgentCore code interpreter, under another role", ways: [][]step{
		way(pass("bedrock-agentcore.amazonaws.com"), do(anything, "bedrock-agentcore:CreateCodeInterpreter"), interpreter),
	}},
	{id: "agentcore-runtime-create", does: "run commands in a new AgentCore runtime, under another role", ways: [][]step{
		way(pass("bedrock-agentcore.amazonaws.com"), do(anything, "bedrock-agentcore:CreateAgentRuntime", "bedrock-agentcore:CreateAgentRuntimeEndpoint",
			"bedrock-agentcore:CreateWorkloadIdentity"), runtime),
		way(pass("bedrock-agentcore.amazonaws.com"), do(anything, "bedrock-agentcore:CreateHarness", "bedrock-agentcore:CreateAgentRuntime",
			"bedrock-agentcore:CreateAgentRuntimeEndpoint", "bedrock-agentcore:CreateWorkloadIdentity", "bedrock-agentcore:GetAgentRuntime"), runtime),
	}},
	{id: "agentcore-browser-create", does: "control a new AgentCore browser, under another role", ways: [][]step{
		way(pass("bedrock-agentcore.amazonaws.com"), do(anything, "bedrock-agentcore:CreateBrowser"), browser),
	}},
	{id: "braket-job", does: "run its own code in a Braket job, under another role", ways: [][]step{
		way(pass("braket.amazonaws.com"), do(anything, "braket:CreateJob")),
	}},
	{id: "identity-pool-roles", does: "give the users of a Cognito identity pool another role", requires: "a Cognito identity pool", ways: [][]step{
		way(pass("cognito-identity.amazonaws.com"), do(anything, "cognito-identity:SetIdentityPoolRoles")),
	}},
	{id: "emr-run", does: "run its own steps in an EMR cluster, under another role", ways: [][]step{
		way(pass("elasticmapreduce.amazonaws.com", "ec2.amazonaws.com"), do(anything, "elasticmapreduce:RunJobFlow")),
	}},
	{id: "emr-serverless", does: "run its own code in EMR Serverless, under another role", ways: [][]step{
		way(pass("emr-serverless.amazonaws.com"), do(anything, "emr-serverless:CreateApplication", "emr-serverless:StartJobRun")),
	}},
	{id: "gamelift-fleet", does: "run its own build on a GameLift fleet, under another role", ways: [][]step{
		way(pass("gamelift.amazonaws.com"), do(anything, "gamelift:CreateBuild", "gamelift:RequestUploadCredentials", "gamelift:CreateFleet")),
	}},
	{id: "imagebuilder", does: "run commands on an instance of Image Builder, under another role", ways: [][]step{
		way(pass("ec2.amazonaws.com", "imagebuilder.amazonaws.com"), do(anything, "imagebuilder:CreateComponent", "imagebuilder:CreateImageRecipe",
			"imagebuilder:CreateInfrastructureConfiguration", "imagebuilder:CreateImage")),
	}},
	{id: "kinesisanalytics", does: "run its own code in a Managed Flink application, under another role", ways: [][]step{
		way(pass("kinesisanalytics.amazonaws.com"), do(anything, "kinesisanalytics:CreateApplication", "kinesisanalytics:StartApplication")),
	}},
	{id: "omics-run", does: "run its own workflow in HealthOmics, under another role", ways: [][]step{
		way(pass("omics.amazonaws.com"), do(anything, "omics:CreateWorkflow", "omics:StartRun", "s3:GetObject")),
	}},
	{id: "scheduler", does: "make EventBridge Scheduler call any API under another role", ways: [][]step{
		way(pass("scheduler.amazonaws.com"), do(anything, "scheduler:CreateSchedule")),
	}},
	{id: "ssm-automation", does: "run its own automation in Systems Manager, under another role", ways: [][]step{
		way(pass("ssm.amazonaws.com"), do(anything, "ssm:CreateDocument", "ssm:StartAutomationExecution")),
	}},
	{id: "stepfunctions-create", does: "make a new state machine call any API under another role", ways: [][]step{
		way(pass("states.amazonaws.com"), do(anything, "states:TestState")),
		way(pass("states.amazonaws.com"), do(aThing, "states:CreateStateMachine", "states:StartExecution")),
		way(pass("states.amazonaws.com"), do(aThing, "states:CreateStateMachine", "states:StartSyncExecution")),
	}},
}
