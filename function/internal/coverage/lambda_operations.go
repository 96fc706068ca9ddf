package coverage

import "slices"

const (
	runsFunction  = "It runs a function or reports on a run. It changes neither a configuration nor who may do what."
	howMuch       = "It sets how many environments of a function run. The permissions that the role needs are the same."
	ofSignature   = "Which code may be deployed. Code signing can only make a path that RW308 reports harder, and never opens one: code is judged as if there were none."
	ofLayerPolicy = "It says who may use a layer of this account. Whose layers a function runs is judged by RW411 from the function."
)

var lambdaOperations = slices.Concat(
	[]Row{
		event("CreateFunction"),
		event("UpdateFunctionConfiguration"),
		event("UpdateFunctionCode"),
		event("DeleteFunction"),
		event("PublishVersion"),
		event("CreateAlias"),
		event("UpdateAlias"),
		event("DeleteAlias"),
		event("AddPermission"),
		event("RemovePermission"),
		event("CreateFunctionUrlConfig"),
		event("UpdateFunctionUrlConfig"),
		event("DeleteFunctionUrlConfig"),
		event("PutFunctionEventInvokeConfig"),
		event("UpdateFunctionEventInvokeConfig"),
		event("DeleteFunctionEventInvokeConfig"),
		event("CreateEventSourceMapping"),
		event("UpdateEventSourceMapping"),
		event("DeleteEventSourceMapping"),
		event("TagResource"),
		event("UntagResource"),
		event("CreateCapacityProvider"),
		event("UpdateCapacityProvider"),
		event("DeleteCapacityProvider"),
		event("PutRuntimeManagementConfig"),
		event("PutResourcePolicy"),
		event("DeleteResourcePolicy"),

		noConcern("PublishLayerVersion", "A layer does nothing before a function's configuration names it, and that is judged by RW411."),
		noConcern("DeleteLayerVersion", "Functions that use the version keep it."),
		noConcern("PutFunctionRecursionConfig", "It says whether Lambda stops a function that invokes itself in a loop. No permission depends on it."),
	},
	each(notYet, ofSignature, "CreateCodeSigningConfig", "UpdateCodeSigningConfig", "DeleteCodeSigningConfig", "PutFunctionCodeSigningConfig", "DeleteFunctionCodeSigningConfig"),
	each(noConcern, ofLayerPolicy, "AddLayerVersionPermission", "RemoveLayerVersionPermission"),
	each(noConcern, howMuch, "PutFunctionConcurrency", "DeleteFunctionConcurrency", "PutProvisionedConcurrencyConfig", "DeleteProvisionedConcurrencyConfig", "PutFunctionScalingConfig"),
	each(noConcern, runsFunction, "Invoke", "InvokeAsync", "InvokeWithResponseStream", "CheckpointDurableExecution", "StopDurableExecution",
		"SendDurableExecutionCallbackFailure", "SendDurableExecutionCallbackHeartbeat", "SendDurableExecutionCallbackSuccess"),
)
