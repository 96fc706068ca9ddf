package danger

// passPaths and morePassPaths pass another role to a service that runs code with it.
var passPaths = []path{
	{id: "ec2-launch", does: "start an EC2 instance with another role", ways: [][]step{
		way(pass("ec2.amazonaws.com"), do(anything, "ec2:RunInstances")),
	}},
	{id: "ec2-spot", does: "request an EC2 Spot Instance with another role", ways: [][]step{
		way(pass("ec2.amazonaws.com"), do(anything, "ec2:RequestSpotInstances")),
	}},
	{id: "autoscaling-create", does: "make an Auto Scaling group start instances with another role", ways: [][]step{
		way(pass("ec2.amazonaws.com"), do(anything, "autoscaling:CreateAutoScalingGroup", "autoscaling:CreateLaunchConfiguration")),
	}},
	{id: "autoscaling-update", does: "make an existing Auto Scaling group start instances with another role",
		requires: "an Auto Scaling group", ways: [][]step{
			way(pass("ec2.amazonaws.com"), do(anything, "autoscaling:UpdateAutoScalingGroup", "autoscaling:CreateLaunchConfiguration")),
		}},
	{id: "ecs-define-task", does: "run its own container in ECS, under another role", ways: [][]step{
		way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:RegisterTaskDefinition", "ecs:RunTask")),
		way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:RegisterTaskDefinition", "ecs:StartTask")),
		way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:RegisterTaskDefinition", "ecs:CreateService")),
		way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:RegisterTaskDefinition", "ecs:CreateCluster", "ecs:RunTask")),
		way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:RegisterTaskDefinition", "ecs:CreateCluster", "ecs:CreateService")),
	}},
	{id: "ecs-run-task", does: "run an existing ECS task with other commands, and under another role", usual: true,
		requires: "an ECS task definition", ways: [][]step{
			way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:RunTask")),
			way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:StartTask")),
			way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:StartTask"),
				do(aThing, "ecs:RegisterContainerInstance", "ecs:DeregisterContainerInstance")),
		}},
	{id: "batch-define-job", does: "run its own container in Batch, under another role", requires: "a Batch job queue", ways: [][]step{
		way(pass("ecs-tasks.amazonaws.com"), do(anything, "batch:RegisterJobDefinition", "batch:SubmitJob")),
	}},
	{id: "cloudformation-create", does: "use CloudFormation to create anything that another role is allowed to create", ways: [][]step{
		way(pass("cloudformation.amazonaws.com"), do(anything, "cloudformation:CreateStack")),
	}},
	{id: "stackset-create", does: "use CloudFormation to create, in many accounts, anything that another role is allowed to create", ways: [][]step{
		way(pass("cloudformation.amazonaws.com"), do(anything, "cloudformation:CreateStackSet", "cloudformation:CreateStackInstances")),
	}},
	{id: "stackset-update", does: "use CloudFormation to change a stack set with another role", requires: "a stack set", ways: [][]step{
		way(pass("cloudformation.amazonaws.com"), do(anything, "cloudformation:UpdateStackSet")),
	}},
	{id: "codebuild-create", does: "run commands in a CodeBuild project under another role", ways: [][]step{
		way(pass("codebuild.amazonaws.com"), do(aThing, "codebuild:CreateProject", "codebuild:StartBuild")),
		way(pass("codebuild.amazonaws.com"), do(aThing, "codebuild:CreateProject", "codebuild:StartBuildBatch")),
	}},
	{id: "codestar-create", does: "use CodeStar to set up a project with another role", ways: [][]step{
		way(pass("codestar.amazonaws.com", "cloudformation.amazonaws.com"), do(anything, "codestar:CreateProject")),
	}},
	{id: "glue-endpoint-create", does: "open a Glue development endpoint under another role", ways: [][]step{
		way(pass("glue.amazonaws.com"), do(anything, "glue:CreateDevEndpoint")),
	}},
	{id: "glue-job-create", does: "run its own code in a new Glue job, under another role", ways: [][]step{
		way(pass("glue.amazonaws.com"), do(aThing, "glue:CreateJob", "glue:StartJobRun")),
		way(pass("glue.amazonaws.com"), do(aThing, "glue:CreateJob"), do(anything, "glue:CreateTrigger")),
	}},
	{id: "glue-job-update", does: "run its own code in an existing Glue job, under another role", requires: "a Glue job", ways: [][]step{
		way(pass("glue.amazonaws.com"), do(aThing, "glue:UpdateJob", "glue:StartJobRun")),
		way(pass("glue.amazonaws.com"), do(aThing, "glue:UpdateJob"), do(anything, "glue:CreateTrigger")),
	}},
	{id: "glue-session", does: "run its own code in an interactive Glue session, under another role", ways: [][]step{
		way(pass("glue.amazonaws.com"), do(aThing, "glue:CreateSession", "glue:RunStatement")),
	}},
}
