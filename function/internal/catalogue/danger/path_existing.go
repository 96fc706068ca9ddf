package danger

// What paths require that somebody else set up.
const (
	otherFunctions     = "a function that has another role"
	otherInstances     = "an EC2 instance that has another role"
	reachableInstances = "an EC2 instance that has another role, runs EC2 Instance Connect and can be reached over the network"
	managedMachines    = "a machine that Systems Manager manages and that has another role"
	notebooks          = "a SageMaker notebook instance"
)

// existingPaths use what somebody else set up under another role.
var existingPaths = []path{
	{id: "lambda-configuration", does: "add its own layer, or environment variables, to another function, and so run its own code there",
		requires: otherFunctions, ways: [][]step{
			do(otherFunction, "lambda:UpdateFunctionConfiguration"),
		}},
	{id: "ec2-user-data", does: "change the user data script of EC2 instances that have other roles", requires: otherInstances, ways: [][]step{
		do(aThing, "ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"),
	}},
	{id: "ec2-launch-template", does: "change launch templates that start EC2 instances with other roles",
		requires: "a launch template that names another role, and something that starts instances of it", ways: [][]step{
			do(aThing, "ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"),
		}},
	{id: "ec2-ssh-key", does: "log in to EC2 instances that have other roles", requires: reachableInstances, ways: [][]step{
		do(anything, "ec2-instance-connect:SendSSHPublicKey"),
		do(anything, "ec2-instance-connect:SendSSHPublicKey", "ec2:DescribeInstances"),
	}},
	{id: "ssm-session", does: "open a shell on machines that have other roles", requires: managedMachines, ways: [][]step{
		{{action: "ssm:StartSession", types: []string{"instance", "managed-instance"}}},
	}},
	{id: "ssm-command", does: "run commands on machines that have other roles", requires: managedMachines, ways: [][]step{
		{{action: "ssm:SendCommand", types: []string{"instance", "managed-instance"}}, {action: "ssm:SendCommand", on: shellDocument}},
	}},
	{id: "cloudformation-update", does: "use CloudFormation to change a stack with the role of the stack", usual: true,
		requires: "a stack that has a role", ways: [][]step{
			do(anything, "cloudformation:UpdateStack"),
		}},
	{id: "cloudformation-change-set", does: "use CloudFormation to change a stack with the role of the stack, through a change set", usual: true,
		requires: "a stack that has a role", ways: [][]step{
			do(aThing, "cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"),
		}},
	{id: "codebuild-start", does: "run commands in an existing CodeBuild project, under its role", usual: true,
		requires: "a CodeBuild project", ways: [][]step{
			do(anything, "codebuild:StartBuild"),
			do(anything, "codebuild:StartBuildBatch"),
		}},
	{id: "codedeploy", does: "deploy its own revision to machines that have other roles",
		requires: "a CodeDeploy deployment group", ways: [][]step{
			do(anything, "codedeploy:RegisterApplicationRevision", "codedeploy:CreateDeployment", "codedeploy:GetDeploymentConfig"),
		}},
	{id: "batch-submit", does: "run an existing Batch job with other commands, under its role", usual: true,
		requires: "a Batch job definition and a job queue", ways: [][]step{
			{{action: "batch:SubmitJob", types: []string{"job-definition", "job-definition-revision"}}},
		}},
	{id: "glue-endpoint", does: "log in to a Glue development endpoint, under its role",
		requires: "a Glue development endpoint", ways: [][]step{do(anything, "glue:UpdateDevEndpoint")}},
	{id: "sagemaker-notebook-url", does: "open SageMaker notebooks that have other roles", requires: notebooks, ways: [][]step{
		do(anything, "sagemaker:CreatePresignedNotebookInstanceUrl"),
	}},
	{id: "sagemaker-lifecycle", does: "run commands at the start of SageMaker notebooks that have other roles", requires: notebooks, ways: [][]step{
		way(do(anything, "sagemaker:CreateNotebookInstanceLifecycleConfig"),
			do(aThing, "sagemaker:UpdateNotebookInstance", "sagemaker:StopNotebookInstance", "sagemaker:StartNotebookInstance")),
	}},
	{id: "ecs-exec", does: "open a shell in ECS tasks that have other roles",
		requires: "a running ECS task for which ECS Exec is turned on", ways: [][]step{
			do(anything, "ecs:ExecuteCommand"),
			do(anything, "ecs:ExecuteCommand", "ecs:DescribeTasks"),
		}},
	{id: "apprunner-update", does: "run its own container in an existing App Runner service, under its role",
		requires: "an App Runner service", ways: [][]step{
			do(anything, "apprunner:UpdateService"),
		}},
	{id: "agentcore-interpreter", does: "run code in an AgentCore code interpreter, under its role", usual: true,
		requires: "an AgentCore code interpreter that has a role", ways: [][]step{way(interpreter)}},
	{id: "agentcore-runtime-command", does: "run commands in AgentCore runtimes, under their roles",
		requires: "an AgentCore runtime", ways: [][]step{way(runtime)}},
	{id: "agentcore-browser", does: "control an AgentCore browser, under its role", usual: true,
		requires: "an AgentCore browser that has a role", ways: [][]step{way(browser)}},
	{id: "stepfunctions-update", does: "make an existing state machine call any API under its role", requires: "a state machine", ways: [][]step{
		do(aThing, "states:UpdateStateMachine", "states:StartExecution"),
	}},
}

// AgentCore's interpreters and browsers are AWS's own or the account's. AWS's own have no role.
var (
	interpreter = []step{
		{action: "bedrock-agentcore:StartCodeInterpreterSession", types: []string{"code-interpreter-custom"}},
		{action: "bedrock-agentcore:InvokeCodeInterpreter", types: []string{"code-interpreter-custom"}},
	}
	runtime = []step{{action: "bedrock-agentcore:InvokeAgentRuntimeCommand", types: []string{"runtime"}}}
	browser = []step{
		{action: "bedrock-agentcore:StartBrowserSession", types: []string{"browser-custom"}},
		{action: "bedrock-agentcore:ConnectBrowserAutomationStream"},
	}
)
