package awsaccount_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

func provider(name string) types.CapacityProvider {
	return types.CapacityProvider{
		CapacityProviderArn: aws.String("arn:aws:lambda:us-east-1:" + ownAccount + ":capacity-provider:" + name),
		PermissionsConfig:   &types.CapacityProviderPermissionsConfig{CapacityProviderOperatorRoleArn: aws.String(ordersARN)},
		VpcConfig:           &types.CapacityProviderVpcConfig{SubnetIds: []string{"subnet-1"}, SecurityGroupIds: []string{"sg-1"}},
	}
}

// TestCapacityProvidersAreListedOnceForAWhile lists two Regions, one of which denies it for a time.
func TestCapacityProvidersAreListedOnceForAWhile(t *testing.T) {
	w := configured(awsaccount.AllFacts)
	other := &fakeLambda{counting: counting{fail: map[string]error{"lambda:ListCapacityProviders": apiError("AccessDeniedException")}}}
	w.lambda.providers = []types.CapacityProvider{provider("a"), provider("b")}
	w.read = awsaccount.New(w.iam, map[string]*fakeLambda{"us-east-1": w.lambda, "eu-west-1": other},
		awsaccount.Options{Partition: "aws", AccountID: ownAccount, Now: w.clock, Facts: awsaccount.AllFacts})
	read := func(anew string) role.Providers {
		t.Helper()
		all, err := w.read.Providers(t.Context(), anew)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	first := read("")
	if len(first.List) != 2 || first.Complete || first.Region != "eu-west-1" || first.Gap().What != "capacity providers: lambda:ListCapacityProviders was denied in eu-west-1" {
		t.Errorf("capacity providers %+v, %+v", first, first.Gap())
	}
	if p := first.List[0]; p.Name() != "a" || p.Role != ordersARN || len(p.Subnets) != 1 || len(p.SecurityGroups) != 1 {
		t.Errorf("capacity provider %+v", p)
	}
	w.lambda.providers = w.lambda.providers[:1]
	other.fail = map[string]error{}
	if again := read(""); len(again.List) != 2 || again.Complete {
		t.Errorf("at once: %+v", again)
	}
	if anew := read("us-east-1"); len(anew.List) != 1 || anew.Complete {
		t.Errorf("one Region anew: %+v", anew)
	}
	w.now = w.now.Add(3 * time.Minute)
	if later := read(""); len(later.List) != 1 || !later.Complete {
		t.Errorf("later: %+v", later)
	}
	if n := other.count("lambda:ListCapacityProviders"); n != 2 {
		t.Errorf("%d lists of the other Region", n)
	}
}

func TestCapacityProvidersThatNoCheckReadsAreNotListed(t *testing.T) {
	w := configured(awsaccount.Facts{})
	all, err := w.read.Providers(t.Context(), "us-east-1")
	if err != nil || all.Complete || all.Gap().What != "capacity providers: not asked for" || w.lambda.count("lambda:ListCapacityProviders") != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestARegionThatDoesNotAnswerKeepsNoRoleFromTheList has one Region fail: its capacity providers are unknown for a while, and only a list
// that is about that Region fails.
func TestARegionThatDoesNotAnswerKeepsNoRoleFromTheList(t *testing.T) {
	w := configured(awsaccount.AllFacts)
	other := &fakeLambda{counting: counting{fail: map[string]error{"lambda:ListCapacityProviders": errors.New("ServiceUnavailable")}}}
	w.lambda.providers = []types.CapacityProvider{provider("a")}
	w.read = awsaccount.New(w.iam, map[string]*fakeLambda{"us-east-1": w.lambda, "eu-west-1": other},
		awsaccount.Options{Partition: "aws", AccountID: ownAccount, Now: w.clock, Facts: awsaccount.AllFacts})
	for range 2 {
		all, err := w.read.Providers(t.Context(), "")
		if err != nil || len(all.List) != 1 || all.Complete || all.Gap().What != "capacity providers: lambda:ListCapacityProviders failed: ServiceUnavailable in eu-west-1" {
			t.Errorf("%+v, %+v, %v", all, all.Gap(), err)
		}
	}
	if _, err := w.read.Providers(t.Context(), "us-east-1"); err != nil {
		t.Errorf("the other Region anew: %v", err)
	}
	if _, err := w.read.Providers(t.Context(), "eu-west-1"); err == nil {
		t.Error("that Region anew does not fail")
	}
	if n := other.count("lambda:ListCapacityProviders"); n != 2 {
		t.Errorf("%d lists of the Region that fails", n)
	}
	other.fail = nil
	w.now = w.now.Add(3 * time.Minute)
	if all, err := w.read.Providers(t.Context(), ""); err != nil || !all.Complete {
		t.Errorf("later: %+v, %v", all, err)
	}
}
