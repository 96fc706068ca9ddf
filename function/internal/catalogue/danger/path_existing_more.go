package danger

// moreExistingPaths are more of existingPaths.
var moreExistingPaths = []path{
	{
		id: "ec2-serial-console", does: "log in to the serial console of EC2 instances that have other roles",
		requires: "that the account allows access to the serial console, and that an instance has a user with a password", ways: [][]step{
			do(anything, "ec2-instance-connect:SendSerialConsoleSSHPublicKey"),
		},
	},
	{
		id: "ssm-association", does: "make State Manager run commands on machines that have other roles", requires: managedMachines, ways: [][]step{
			{
				{action: "ssm:CreateAssociation", types: []string{"association"}},
				{action: "ssm:CreateAssociation", types: []string{"instance", "managed-instance"}},
				{action: "ssm:CreateAssociation", on: shellDocument},
			},
			{{action: "ssm:CreateAssociationBatch", types: []string{"instance", "managed-instance"}}, {action: "ssm:CreateAssociationBatch", on: shellDocument}},
		},
	},
	{
		id: "ssm-association-update", does: "make an existing association of State Manager run commands on machines that have other roles",
		requires: "an association of State Manager", ways: [][]step{
			{{action: "ssm:UpdateAssociation", types: []string{"association"}}, {action: "ssm:UpdateAssociation", on: shellDocument}},
		},
	},
	{id: "emr-steps", does: "run commands in a running EMR cluster, under its role", usual: true, requires: "a running EMR cluster", ways: [][]step{
		do(anything, "elasticmapreduce:AddJobFlowSteps"),
		do(anything, "elasticmapreduce:GetClusterSessionCredentials"),
	}},
	{
		id: "emr-containers-job", does: "run its own code in an existing virtual cluster of EMR on EKS, under any role that trusts the cluster", usual: true,
		requires: "a virtual cluster of EMR on EKS", ways: [][]step{do(anything, "emr-containers:StartJobRun")},
	},
	{
		id: "sagemaker-studio-url", does: "open SageMaker Studio as an existing user, under that user's role",
		requires: "a SageMaker domain with a user profile", ways: [][]step{
			do(anything, "sagemaker:CreatePresignedDomainUrl"),
			do(anything, "sagemaker:StartSession"),
		},
	},
	{
		id: "eks-access-entry", does: "make itself an administrator of EKS clusters, and so run pods with their roles",
		requires: "an EKS cluster whose authentication mode allows access entries", ways: [][]step{{
			{action: "eks:CreateAccessEntry", keys: []map[string]string{{"eks:principalarn": "${Role}"}}},
			{action: "eks:AssociateAccessPolicy", keys: clusterPolicies},
		}},
	},
	{
		id: "eks-access-policy", does: "make itself an administrator of EKS clusters that it has access to, and so run pods with their roles",
		requires: "an EKS cluster that has an access entry for the role", ways: [][]step{{{action: "eks:AssociateAccessPolicy", keys: clusterPolicies}}},
	},
}

// clusterPolicies associate the role with an access policy by which pods can be run:
// https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html
var clusterPolicies = []map[string]string{
	{"eks:principalarn": "${Role}", "eks:policyarn": "arn:${Partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"},
	{"eks:principalarn": "${Role}", "eks:policyarn": "arn:${Partition}:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy"},
	{"eks:principalarn": "${Role}", "eks:policyarn": "arn:${Partition}:eks::aws:cluster-access-policy/AmazonEKSEditPolicy"},
}
