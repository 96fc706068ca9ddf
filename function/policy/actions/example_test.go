package actions_test

import (
	"fmt"

	"github.com/rolewatch/rolewatch/function/policy/actions"
)

func ExampleLookup() {
	a, ok := actions.Lookup("LAMBDA:invokefunction")
	fmt.Println(a, ok, a.Level, a.ResourceTypes[0].ARNs)
	// Output: lambda:InvokeFunction true Write [arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}]
}

func ExampleExpand() {
	for _, a := range actions.Expand("sqs:*Visibility*") {
		fmt.Println(a, a.Level)
	}
	// Output: sqs:ChangeMessageVisibility Write
}

func ExampleEach() {
	actions.Each("lambda:Invoke*", func(name string) bool {
		fmt.Println(name)
		return true
	})
	// Output:
	// lambda:InvokeAsync
	// lambda:InvokeFunction
	// lambda:InvokeFunctionUrl
}

func ExampleKey() {
	for _, name := range []string{"aws:RequestTag/team", "aws:SecureTransport", "s3:max-keys"} {
		k, _ := actions.Key(name)
		fmt.Println(k.Name, k.Type, k.Multi, k.Always)
	}
	// Output:
	// aws:RequestTag/${TagKey} String false false
	// aws:SecureTransport Bool false true
	// s3:max-keys Numeric false false
}

func ExampleSpelling() {
	for _, name := range []string{"aws:requesttag/team", "AWS:SecureTransport", "mycompany:key"} {
		fmt.Println(actions.Spelling(name))
	}
	// Output:
	// aws:RequestTag/team
	// aws:SecureTransport
	// mycompany:key
}
