package danger

// latestPaths rewrite what something else runs by itself, or have Systems Manager run it. An Auto Scaling group that names a launch
// template's version as $Latest or $Default starts instances of a new one without a check of permissions
// (https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html), and a document's version may
// be named so by an association or by a task of a maintenance window. A task without a role runs under a service-linked one:
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RegisterTaskWithMaintenanceWindow.html
var latestPaths = []path{
	{
		id: "ec2-launch-template-latest", does: "put its own user data script in a launch template that starts EC2 instances with other roles",
		requires: "an Auto Scaling group that runs the version $Latest of a launch template and has another role", ways: [][]step{
			do(anything, "ec2:CreateLaunchTemplateVersion"),
		},
	},
	{
		id: "ssm-document-latest", does: "change a document that Systems Manager runs on machines or under roles of others",
		requires: "an association or a maintenance window that runs the version $LATEST of a document of the account", ways: [][]step{
			do(ownDocument, "ssm:UpdateDocument"),
		},
	},
	{
		id: "ssm-document", does: "change the default version of a document that Systems Manager runs on machines or under roles of others",
		requires: "an association or a maintenance window that runs a document of the account", ways: [][]step{
			do(ownDocument, "ssm:UpdateDocument", "ssm:UpdateDocumentDefaultVersion"),
		},
	},
	{
		id: "ssm-maintenance-window-task", does: "make a maintenance window run commands on machines that have other roles",
		requires: "a maintenance window, and " + managedMachines, ways: [][]step{
			do(anything, "ssm:RegisterTaskWithMaintenanceWindow"),
		},
	},
	{
		id: "ssm-maintenance-window-update", does: "make a task of a maintenance window run other commands, on its machines and under its role",
		requires: "a maintenance window with a task", ways: [][]step{
			do(anything, "ssm:UpdateMaintenanceWindowTask"),
		},
	},
	{
		id: "ssm-maintenance-window", does: "make a new maintenance window run commands on machines that have other roles", requires: managedMachines, ways: [][]step{
			do(anything, "ssm:CreateMaintenanceWindow", "ssm:RegisterTaskWithMaintenanceWindow"),
		},
	},
	{
		id: "ssm-maintenance-window-pass", does: "run its own automation in a maintenance window, under another role", ways: [][]step{
			way(pass("ssm.amazonaws.com"), do(anything, "ssm:CreateDocument", "ssm:CreateMaintenanceWindow", "ssm:RegisterTaskWithMaintenanceWindow")),
		},
	},
	{
		id: "appsync-resolver", does: "make an AppSync API call any action that the role of an existing data source allows",
		requires: "an AppSync API that it can call, with a data source that has another role", ways: [][]step{
			do(anything, "appsync:UpdateResolver"),
			do(anything, "appsync:CreateResolver"),
			do(anything, "appsync:UpdateFunction"),
		},
	},
}
