package danger

// runPaths pass another role to a service that runs code with it, as passPaths do.
var runPaths = []path{
	{id: "ec2-spot-fleet", does: "make an EC2 Spot Fleet start instances with another role", ways: [][]step{
		way(pass("ec2.amazonaws.com"), step{action: "iam:PassRole", services: []string{"spotfleet.amazonaws.com"}}, do(anything, "ec2:RequestSpotFleet")),
	}},
	{
		id: "ec2-instance-profile", does: "give an existing EC2 instance another role",
		requires: "an EC2 instance that whoever controls the function can log in to", ways: [][]step{
			way(pass("ec2.amazonaws.com"), do(anything, "ec2:AssociateIamInstanceProfile")),
			way(pass("ec2.amazonaws.com"), do(anything, "ec2:ReplaceIamInstanceProfileAssociation")),
			way(pass("ec2.amazonaws.com"), do(anything, "iam:AddRoleToInstanceProfile")),
		},
	},
	{
		id: "ecs-update-service", does: "run its own container in an existing ECS service, under another role",
		requires: "an ECS service", ways: [][]step{
			way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:RegisterTaskDefinition", "ecs:UpdateService")),
			way(pass("ecs-tasks.amazonaws.com"), do(anything, "ecs:RegisterTaskDefinition", "ecs:CreateTaskSet")),
		},
	},
	{id: "batch-create", does: "run its own container in a new job queue of Batch, under another role", ways: [][]step{
		way(pass("ecs-tasks.amazonaws.com"), do(anything, "batch:CreateComputeEnvironment", "batch:CreateJobQueue", "batch:RegisterJobDefinition", "batch:SubmitJob")),
	}},
	{
		id: "codedeploy-create", does: "run its own scripts on machines, through a new CodeDeploy deployment group under another role",
		requires: "a machine that runs the CodeDeploy agent", ways: [][]step{
			way(pass("codedeploy.amazonaws.com"), do(anything, "codedeploy:CreateDeploymentGroup", "codedeploy:RegisterApplicationRevision",
				"codedeploy:CreateDeployment", "codedeploy:GetDeploymentConfig")),
		},
	},
	{id: "codepipeline-create", does: "run commands in a new CodePipeline pipeline, under another role", ways: [][]step{
		way(pass("codepipeline.amazonaws.com"), do(anything, "codepipeline:CreatePipeline")),
	}},
	{id: "codepipeline-update", does: "run commands in an existing CodePipeline pipeline, under another role", requires: "a CodePipeline pipeline", ways: [][]step{
		way(pass("codepipeline.amazonaws.com"), do(anything, "codepipeline:UpdatePipeline")),
	}},
	{id: "sagemaker-tuning", does: "run its own code in a SageMaker tuning job, under another role", ways: [][]step{
		way(pass("sagemaker.amazonaws.com"), do(anything, "sagemaker:CreateHyperParameterTuningJob")),
	}},
	{id: "sagemaker-model", does: "run its own container as a SageMaker model, under another role", ways: [][]step{
		way(pass("sagemaker.amazonaws.com"), do(anything, "sagemaker:CreateModel", "sagemaker:CreateTransformJob")),
		way(pass("sagemaker.amazonaws.com"), do(anything, "sagemaker:CreateModel", "sagemaker:CreateEndpointConfig", "sagemaker:CreateEndpoint")),
		way(pass("sagemaker.amazonaws.com"), do(anything, "sagemaker:CreateModel", "sagemaker:CreateEndpointConfig", "sagemaker:UpdateEndpoint")),
	}},
	{id: "sagemaker-pipeline", does: "run its own code in a SageMaker pipeline, under another role", ways: [][]step{
		way(pass("sagemaker.amazonaws.com"), do(aThing, "sagemaker:CreatePipeline", "sagemaker:StartPipelineExecution")),
	}},
	{
		id: "sagemaker-studio-profile", does: "open SageMaker Studio in an existing domain, under another role", requires: "a SageMaker domain", ways: [][]step{
			way(pass("sagemaker.amazonaws.com"), do(aThing, "sagemaker:CreateUserProfile", "sagemaker:CreatePresignedDomainUrl")),
		},
	},
	{id: "sagemaker-studio-create", does: "open SageMaker Studio in a new domain, under another role", ways: [][]step{
		way(pass("sagemaker.amazonaws.com"), do(anything, "sagemaker:CreateDomain"), do(aThing, "sagemaker:CreateUserProfile", "sagemaker:CreatePresignedDomainUrl")),
	}},
	{
		id: "emr-serverless-job", does: "run its own code in an existing EMR Serverless application, under another role",
		requires: "an EMR Serverless application", ways: [][]step{
			way(pass("emr-serverless.amazonaws.com"), do(anything, "emr-serverless:StartJobRun")),
			way(pass("emr-serverless.amazonaws.com"), do(anything, "emr-serverless:AccessInteractiveEndpoints")),
		},
	},
	{
		id: "eks-pod-identity", does: "run pods in EKS with another role",
		requires: "an EKS cluster in which whoever controls the function can run pods", ways: [][]step{
			way(pass("pods.eks.amazonaws.com"), do(anything, "eks:CreatePodIdentityAssociation")),
			way(pass("pods.eks.amazonaws.com"), do(anything, "eks:UpdatePodIdentityAssociation")),
		},
	},
	{id: "amplify-build", does: "run commands in an Amplify build, under another role", ways: [][]step{
		way(pass("amplify.amazonaws.com"), do(anything, "amplify:CreateApp", "amplify:CreateBranch", "amplify:StartJob")),
	}},
}
