package danger

// passPaths and morePassPaths hand another role to a service that then acts for the function.
var passPaths = []path{
	{id: "lambda-create", does: "run code of its own in a new function, under another role", ways: [][]step{
		way(pass("lambda.amazonaws.com"), do(otherFunction, "lambda:CreateFunction", "lambda:InvokeFunction")),
		way(pass("lambda.amazonaws.com"), do(otherFunction, "lambda:CreateFunction", "lambda:AddPermission")),
		way(pass("lambda.amazonaws.com"), do(otherFunction, "lambda:CreateFunction"), do(anything, "lambda:CreateEventSourceMapping")),
		way(pass("lambda.amazonaws.com"), do(otherFunction, "lambda:CreateFunction"), do(anything, "lambda:CreateEventSourceMapping"),
			do(aThing, "dynamodb:CreateTable", "dynamodb:PutItem")),
	}},
	{id: "ec2-launch", does: "start an EC2 instance with another role", ways: [][]step{
		way(pass("ec2.amazonaws.com"), do(anything, "ec2:RunInstances")),
	}},
	{id: "ec2-spot", does: "request an EC2 Spot Instance with another role", ways: [][]step{
		way(pass("ec2.amazonaws.com"), do(anything, "ec2:RequestSpotInstances")),
	}},
	{id: "autoscaling-create", does: "have an Auto Scaling group start instances with another role", ways: [][]step{
		way(pass("ec2.amazonaws.com"), do(anything, "autoscaling:CreateAutoScalingGroup", "autoscaling:CreateLaunchConfiguration")),
	}},
	{id: "autoscaling-update", does: "have an existing Auto Scaling group start instances with another role",
		requires: "an Auto Scaling group", ways: [][]step{
			way(pass("ec2.amazonaws.com"), do(anything, "autoscaling:UpdateAutoScalingGroup", "autoscaling:CreateLaunchConfiguration")),
		}},
	{id: "ecs-define-task", does: "run a container of its own in ECS, under another role", ways: [][]step{
		way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:RegisterTaskDefinition", "ecs:RunTask")),
		way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:RegisterTaskDefinition", "ecs:StartTask")),
		way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:RegisterTaskDefinition", "ecs:CreateService")),
		way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:RegisterTaskDefinition", "ecs:CreateCluster", "ecs:RunTask")),
		way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:RegisterTaskDefinition", "ecs:CreateCluster", "ecs:CreateService")),
	}},
	{id: "ecs-run-task", does: "run an ECS task that is there with other commands, and under another role", usual: true,
		requires: "an ECS task definition", ways: [][]step{
			way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:RunTask")),
			way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:StartTask")),
			way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:StartTask"),
				do(aThing, "ecs:RegisterContainerInstance", "ecs:DeregisterContainerInstance")),
		}},
	{id: "batch-define-job", does: "run a container of its own in Batch, under another role", requires: "a Batch job queue", ways: [][]step{
		way(pass("ecs-tasks.amazonaws.com"), do(anything, "batch:RegisterJobDefinition", "batch:SubmitJob")),
	}},
	{id: "cloudformation-create", does: "have CloudFormation make whatever another role may make", ways: [][]step{
		way(pass("cloudformation.amazonaws.com"), do(anything, "cloudformation:CreateStack")),
	}},
	{id: "stackset-create", does: "have CloudFormation make in many accounts whatever another role may make", ways: [][]step{
		way(pass("cloudformation.amazonaws.com"), do(anything, "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances")),
	}},
	{id: "stackset-update", does: "have CloudFormation change a stack set with another role", requires: "a stack set", ways: [][]step{
		way(pass("cloudformation.amazonaws.com"), do(anything, "cloudformation:UpdateStackSet")),
	}},
	{id: "codebuild-create", does: "run commands in a CodeBuild project under another role", ways: [][]step{
		way(pass("codebuild.amazonaws.com"), do(aThing, "codebuild:CreateProject", "codebuild:StartBuild")),
		way(pass("codebuild.amazonaws.com"), do(aThing, "codebuild:CreateProject", "codebuild:StartBuildBatch")),
	}},
	{id: "codestar-create", does: "have CodeStar set up a project with another role", ways: [][]step{
		way(pass("codestar.amazonaws.com", "cloudformation.amazonaws.com"), do(anything, "codestar:CreateProject")),
	}},
	{id: "glue-endpoint-create", does: "open a Glue development endpoint under another role", ways: [][]step{
		way(pass("glue.amazonaws.com"), do(anything, "glue:CreateDevEndpoint")),
	}},
	{id: "glue-job-create", does: "run code of its own in a new Glue job, under another role", ways: [][]step{
		way(pass("glue.amazonaws.com"), do(aThing, "glue:CreateJob", "glue:StartJobRun")),
		way(pass("glue.amazonaws.com"), do(aThing, "glue:CreateJob"), do(anything, "glue:CreateTrigger")),
	}},
	{id: "glue-job-update", does: "run code of its own in a Glue job that is there, under another role", requires: "a Glue job", ways: [][]step{
		way(pass("glue.amazonaws.com"), do(aThing, "glue:UpdateJob", "glue:StartJobRun")),
		way(pass("glue.amazonaws.com"), do(aThing, "glue:UpdateJob"), do(anything, "glue:CreateTrigger")),
	}},
	{id: "glue-session", does: "run code of its own in an interactive Glue session, under another role", ways: [][]step{
		way(pass("glue.amazonaws.com"), do(aThing, "glue:CreateSession", "glue:RunStatement")),
	}},
}

var morePassPaths = []path{
	{id: "sagemaker-notebook", does: "open a SageMaker notebook under another role", ways: [][]step{
		way(pass("sagemaker.amazonaws.com"), do(anything, "sagemaker:CreateNotebookInstance")),
	}},
	{id: "sagemaker-training", does: "run code of its own in a SageMaker training job, under another role", ways: [][]step{
		way(pass("sagemaker.amazonaws.com"), do(anything, "sagemaker:CreateTrainingJob")),
	}},
	{id: "sagemaker-processing", does: "run code of its own in a SageMaker processing job, under another role", ways: [][]step{
		way(pass("sagemaker.amazonaws.com"), do(anything, "sagemaker:CreateProcessingJob")),
	}},
	{id: "datapipeline", does: "run commands in a data pipeline under another role", ways: [][]step{
		way(pass("datapipeline.amazonaws.com", "ec2.amazonaws.com", "elasticmapreduce.amazonaws.com"), do(anything, "datapipeline:CreatePipeline"),
			do(aThing, "datapipeline:PutPipelineDefinition", "datapipeline:ActivatePipeline")),
	}},
	{id: "apprunner-create", does: "run a container of its own in App Runner, under another role", ways: [][]step{
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
	{id: "agentcore-browser-create", does: "drive a new AgentCore browser, under another role", ways: [][]step{
		way(pass("bedrock-agentcore.amazonaws.com"), do(anything, "bedrock-agentcore:CreateBrowser"), browser),
	}},
	{id: "braket-job", does: "run code of its own in a Braket job, under another role", ways: [][]step{
		way(pass("braket.amazonaws.com"), do(anything, "braket:CreateJob")),
	}},
	{id: "identity-pool-roles", does: "give a Cognito identity pool's visitors another role", requires: "a Cognito identity pool", ways: [][]step{
		way(pass("cognito-identity.amazonaws.com"), do(anything, "cognito-identity:SetIdentityPoolRoles")),
	}},
	{id: "emr-run", does: "run steps of its own in an EMR cluster, under another role", ways: [][]step{
		way(pass("elasticmapreduce.amazonaws.com", "ec2.amazonaws.com"), do(anything, "elasticmapreduce:RunJobFlow")),
	}},
	{id: "emr-serverless", does: "run code of its own in EMR Serverless, under another role", ways: [][]step{
		way(pass("emr-serverless.amazonaws.com"), do(anything, "emr-serverless:CreateApplication", "emr-serverless:StartJobRun")),
	}},
	{id: "gamelift-fleet", does: "run a build of its own on a GameLift fleet, under another role", ways: [][]step{
		way(pass("gamelift.amazonaws.com"), do(anything, "gamelift:CreateBuild", "gamelift:RequestUploadCredentials", "gamelift:CreateFleet")),
	}},
	{id: "imagebuilder", does: "run commands on an instance of Image Builder, under another role", ways: [][]step{
		way(pass("ec2.amazonaws.com", "imagebuilder.amazonaws.com"), do(anything, "imagebuilder:CreateComponent", "imagebuilder:CreateImageRecipe",
			"imagebuilder:CreateInfrastructureConfiguration", "imagebuilder:CreateImage")),
	}},
	{id: "kinesisanalytics", does: "run code of its own in a Managed Flink application, under another role", ways: [][]step{
		way(pass("kinesisanalytics.amazonaws.com"), do(anything, "kinesisanalytics:CreateApplication", "kinesisanalytics:StartApplication")),
	}},
	{id: "omics-run", does: "run a workflow of its own in HealthOmics, under another role", ways: [][]step{
		way(pass("omics.amazonaws.com"), do(anything, "omics:CreateWorkflow", "omics:StartRun", "s3:GetObject")),
	}},
	{id: "scheduler", does: "have EventBridge Scheduler call any API under another role", ways: [][]step{
		way(pass("scheduler.amazonaws.com"), do(anything, "scheduler:CreateSchedule")),
	}},
	{id: "ssm-automation", does: "run an automation of its own in Systems Manager, under another role", ways: [][]step{
		way(pass("ssm.amazonaws.com"), do(anything, "ssm:CreateDocument", "ssm:StartAutomationExecution")),
	}},
	{id: "stepfunctions-create", does: "have a new state machine call any API under another role", ways: [][]step{
		way(pass("states.amazonaws.com"), do(aThing, "states:CreateStateMachine", "states:StartExecution")),
	}},
}
