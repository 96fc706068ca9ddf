package awsaccount_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
)

// TestReplicasInOtherRegionsTellOfLambdaAtEdge lists us-east-1 with a replica of one version in another Region.
func TestReplicasInOtherRegionsTellOfLambdaAtEdge(t *testing.T) {
	home := &fakeLambda{counting: counting{fail: map[string]error{}}}
	other := &fakeLambda{counting: counting{fail: map[string]error{}}}
	home.configs = []lambdatypes.FunctionConfiguration{config("shop", "2", nil), config("shop", "3", nil)}
	other.configs = []lambdatypes.FunctionConfiguration{
		config("us-east-1.shop", "3", func(c *lambdatypes.FunctionConfiguration) { c.MasterArn = aws.String(shopARN + ":3") }),
	}
	account := awsaccount.New(&fakeIAM{counting: counting{fail: map[string]error{}}}, map[string]*fakeLambda{"us-east-1": home, "eu-west-1": other},
		awsaccount.Options{Partition: "aws", AccountID: ownAccount, Now: func() time.Time { return start }})
	edge := map[string]bool{}
	for marker, first := "", true; first || marker != ""; first = false {
		list, next, err := account.FunctionPage(t.Context(), "us-east-1", marker)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			edge[f.Version] = f.Edge.Or(false)
		}
		marker = next
	}
	if len(edge) != 2 || edge["2"] || !edge["3"] {
		t.Errorf("replicated: %v, want version 3 alone", edge)
	}
	if list, _, err := account.FunctionPage(t.Context(), "eu-west-1", ""); err != nil || len(list) != 0 {
		t.Errorf("eu-west-1: %v, %v: a replica is no function of its own", list, err)
	}
}
