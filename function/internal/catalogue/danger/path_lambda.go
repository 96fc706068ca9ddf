package danger

// A step of the paths over Lambda is one of a class: a new member of a class extends every path that has the class.
var (
	// invoking runs a function, and lettingIn lets somebody else run it.
	invoking  = [][]step{do(otherFunction, "lambda:InvokeFunction"), do(otherFunction, "lambda:InvokeAsync")}
	lettingIn = [][]step{do(otherFunction, "lambda:AddPermission"), do(otherFunction, "lambda:PutResourcePolicy")}
	// feeding has an event source run it.
	feeding = [][]step{
		do(anything, "lambda:CreateEventSourceMapping"),
		way(do(anything, "lambda:CreateEventSourceMapping"), do(aThing, "dynamodb:CreateTable", "dynamodb:PutItem")),
	}
)

// lambdaPassPaths hand another role to a new function.
var lambdaPassPaths = []path{
	{id: "lambda-create", does: "run its own code in a new function, under another role", ways: after(
		way(pass("lambda.amazonaws.com"), do(otherFunction, "lambda:CreateFunction")), invoking, lettingIn, feeding,
	)},
	{id: "lambda-role", does: "give a function another role, and a layer with its own code", requires: "a function", ways: [][]step{
		way(pass("lambda.amazonaws.com"), do(anything, "lambda:UpdateFunctionConfiguration")),
	}},
}

// lambdaCodePaths put code into functions that have other roles.
var lambdaCodePaths = []path{
	{id: "lambda-code", does: "run its own code in another function, under that function's role", requires: otherFunctions, ways: append(
		[][]step{do(otherFunction, "lambda:UpdateFunctionCode")}, after(do(otherFunction, "lambda:UpdateFunctionCode"), invoking, lettingIn)...,
	)},
}

// lambdaMorePaths are those over what else of Lambda runs code under a role. Web Functions are reached over the internet as soon as
// they are made, and a MicroVM by a token for a shell, or it runs an image of the role's own:
// https://docs.aws.amazon.com/lambda/latest/dg/web-functions-permissions.html and
// https://docs.aws.amazon.com/lambda/latest/dg/microvms-security.html. Whoever publishes a version of a customer-managed runtime
// puts code into every function on it: https://docs.aws.amazon.com/lambda/latest/dg/cmr-using.html
var lambdaMorePaths = []path{
	{id: "web-function-create", does: "run its own code in a new web function, under another role", ways: [][]step{
		way(pass("lambda.amazonaws.com"), unlisted("web-function/", "lambda:CreateWebFunction")),
	}},
	{id: "web-function-revision", does: "run its own code in an existing web function, under another role",
		requires: "a web function", ways: [][]step{
			way(pass("lambda.amazonaws.com"), unlisted("web-function/", "lambda:CreateWebFunctionRevision", "lambda:UpdateWebFunctionEndpoint")),
		}},
	{id: "microvm-run", does: "run its own code in a MicroVM, under another role", ways: [][]step{
		way(pass("lambda.amazonaws.com"), do(anything, "lambda:RunMicrovm", "lambda:CreateMicrovmShellAuthToken")),
		way(pass("lambda.amazonaws.com"), do(anything, "lambda:RunMicrovm", "lambda:CreateMicrovmImage")),
		way(pass("lambda.amazonaws.com"), do(anything, "lambda:RunMicrovm", "lambda:UpdateMicrovmImage")),
	}},
	{id: "lambda-runtime", does: "run its own code in functions on a customer-managed runtime, under their roles",
		requires: "a function on a customer-managed runtime that has another role", ways: [][]step{
			unlisted("runtime:", "lambda:CreateRuntimeVersion", "lambda:UpdateRuntimeAlias"),
		}},
}

// after are the ways that begin with the same steps and go on with one of the classes.
func after(first []step, classes ...[][]step) (ways [][]step) {
	for _, class := range classes {
		for _, rest := range class {
			ways = append(ways, way(first, rest))
		}
	}
	return ways
}

// unlisted are actions that the list of actions does not have yet, on resources of Lambda whose ARNs begin so.
func unlisted(prefix string, names ...string) []step {
	steps := do(anything, names...)
	for i := range steps {
		steps[i].unlisted = prefix
	}
	return steps
}
