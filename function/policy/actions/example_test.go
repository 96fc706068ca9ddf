package actions_test

import (
	"fmt"

	"github.com/rolewatch/rolewatch/function/policy/actions"
)

func Example() {
	for _, a := range actions.Expand("sqs:*Visibility*") {
		fmt.Println(a, a.Level, a.ResourceTypes[0].ARN)
	}
	fmt.Println(actions.Key("aws:RequestTag/team"))
	// Output:
	// sqs:ChangeMessageVisibility Write arn:${Partition}:sqs:${Region}:${Account}:${QueueName}
	// {aws:RequestTag/${TagKey} String false false} true
}
