package awsaccount_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const runtimeARN = "arn:aws:lambda:us-east-1:444455556666:runtime/php"

// configured is a world with one function of two versions, the second of which an alias points to, and all that can be
// configured beside them.
func configured(facts awsaccount.Facts) *world {
	w := newWorld()
	arn := shopARN
	config := func(version string) types.FunctionConfiguration {
		c := types.FunctionConfiguration{
			FunctionName: aws.String("shop"), FunctionArn: aws.String(arn), Version: aws.String(version), Role: aws.String(ordersARN),
			LastModified: aws.String("2026-03-02T09:00:00.000+0000"), PackageType: types.PackageTypeImage,
			VpcConfig:        &types.VpcConfigResponse{VpcId: aws.String("vpc-1"), SubnetIds: []string{"subnet-1"}, SecurityGroupIds: []string{"sg-1"}},
			DeadLetterConfig: &types.DeadLetterConfig{TargetArn: aws.String("arn:aws:sqs:q")}, TracingConfig: &types.TracingConfigResponse{Mode: types.TracingModeActive},
			Layers: []types.Layer{{Arn: aws.String("arn:aws:lambda:layer")}}, LoggingConfig: &types.LoggingConfig{LogGroup: aws.String("/shop")},
			FileSystemConfigs: []types.FileSystemConfig{{Arn: aws.String("arn:aws:elasticfilesystem:ap"), LocalMountPath: aws.String("/mnt/a")}},
			Environment:       &types.EnvironmentResponse{Variables: map[string]string{"AWS_LAMBDA_EXEC_WRAPPER": "/opt/otel-instrument", "SECRET": "s3cr3t"}},
			RuntimeConfig:     &types.FunctionRuntimeConfig{RuntimeArn: aws.String(runtimeARN), RuntimeAlias: aws.String("prod")},
			DurableConfig:     &types.DurableConfig{}, SnapStart: &types.SnapStartResponse{ApplyOn: types.SnapStartApplyOnPublishedVersions},
		}
		if version != "$LATEST" {
			c.FunctionArn = aws.String(arn + ":" + version)
		}
		return c
	}
	w.lambda.configs = []types.FunctionConfiguration{config("$LATEST"), config("2")}
	w.lambda.updates = map[string]lambda.GetRuntimeManagementConfigOutput{
		"$LATEST": {UpdateRuntimeOn: types.UpdateRuntimeOnAuto}, "2": {UpdateRuntimeOn: types.UpdateRuntimeOnManual, RuntimeVersionArn: aws.String(runtimeARN + "/version/v8")},
	}
	w.lambda.aliases = []types.AliasConfiguration{{Name: aws.String("live"), FunctionVersion: aws.String("2")}}
	mapping := func(id, source, function string) types.EventSourceMappingConfiguration {
		return types.EventSourceMappingConfiguration{UUID: aws.String(id), EventSourceArn: aws.String(source), FunctionArn: aws.String(function), State: aws.String("Enabled")}
	}
	said := mapping("u-2", "arn:aws:kinesis:us-east-1:111122223333:stream/s", arn+":live")
	said.LastProcessingResult, said.StateTransitionReason = aws.String("PROBLEM: x"), aws.String("EVENT_SOURCE_AUTHZ_ERROR")
	said.FilterCriteriaError = &types.FilterCriteriaError{ErrorCode: aws.String("KMSDisabledException"), Message: aws.String("The key is disabled.")}
	w.lambda.mappings = []types.EventSourceMappingConfiguration{
		mapping("u-1", "arn:aws:sqs:us-east-1:111122223333:q", arn), said,
		mapping("u-3", "arn:aws:odd:us-east-1:111122223333:x", arn+":2"), mapping("u-4", "arn:aws:sqs:us-east-1:111122223333:q", arn+"-other"),
	}
	to := func(arn string) *types.DestinationConfig {
		return &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String(arn)}, OnSuccess: &types.OnSuccess{}}
	}
	w.lambda.invokes = []types.FunctionEventInvokeConfig{
		{FunctionArn: aws.String(arn + ":$LATEST"), DestinationConfig: to("arn:aws:sqs:f")}, {FunctionArn: aws.String(arn + ":live"), DestinationConfig: to("arn:aws:sns:g")},
	}
	w.lambda.urls = []types.FunctionUrlConfig{{FunctionArn: aws.String(arn + ":live"), AuthType: types.FunctionUrlAuthTypeNone, FunctionUrl: aws.String("https://x")}}
	w.lambda.policies = map[string]string{"": `{"Statement":[]}`, "live": `{"Statement":[{}]}`}
	w.read = awsaccount.New(w.iam, map[string]*fakeLambda{"us-east-1": w.lambda},
		awsaccount.Options{Partition: "aws", AccountID: ownAccount, Now: w.clock, Facts: facts})
	return w
}

// verifyFacts holds what both ways of reading give.
func verifyFacts(t *testing.T, versions []role.Function) {
	t.Helper()
	if len(versions) != 2 {
		t.Fatalf("%d versions", len(versions))
	}
	newest, live := versions[0].Config, versions[1].Config
	network, _ := newest.Network.Get()
	if newest.LogGroup.Or("") != "/shop" || network.VPC != "vpc-1" || newest.DeadLetter.Or("") != "arn:aws:sqs:q" || !newest.Tracing.Or(false) || !newest.Image.Or(false) ||
		!newest.Durable.Or(false) || !newest.SnapStart.Or(false) || newest.Wrapper.Or("") != "/opt/otel-instrument" || len(newest.Layers.Or(nil)) != 1 || len(newest.Mounts.Or(nil)) != 1 {
		t.Errorf("configuration %+v", newest)
	}
	kept := role.RuntimeUpdates{On: role.RuntimeManual, Version: runtimeARN + "/version/v8"}
	if (newest.Runtime.Or(role.Runtime{}) != role.Runtime{ARN: runtimeARN, Alias: "prod"}) || newest.RuntimeUpdates.Or(kept) != (role.RuntimeUpdates{On: role.RuntimeAuto}) ||
		live.RuntimeUpdates.Or(role.RuntimeUpdates{}) != kept {
		t.Errorf("runtimes %+v, %+v and %+v", newest.Runtime, newest.RuntimeUpdates, live.RuntimeUpdates)
	}
	kinds := func(c role.Config) (out []role.SourceKind) {
		for _, s := range c.Sources.Or(nil) {
			out = append(out, s.Kind)
		}
		return out
	}
	if got := kinds(newest); !slices.Equal(got, []role.SourceKind{role.SourceSQS}) {
		t.Errorf("sources of $LATEST: %v", got)
	}
	if got := kinds(live); !slices.Equal(got, []role.SourceKind{role.SourceKinesis, role.SourceOther}) {
		t.Errorf("sources of version 2: %v", got)
	}
	if s := live.Sources.Or(nil)[0]; s.Result != "PROBLEM: x" || s.Transition != "EVENT_SOURCE_AUTHZ_ERROR" ||
		s.FilterError != (role.FilterError{Code: "KMSDisabledException", Message: "The key is disabled."}) || s.Unsaid.Given() {
		t.Errorf("Lambda's word on a source of version 2: %+v", s)
	}
	if d := newest.Destinations.Or(nil); len(d) != 1 || d[0].Failure != "arn:aws:sqs:f" {
		t.Errorf("destinations of $LATEST: %v", d)
	}
	if p := live.Policies.Or(nil); len(p) != 1 || p[0].Qualifier != "live" {
		t.Errorf("policies of version 2: %v", p)
	}
	if u := newest.URLs; u.State() != role.Known || len(u.Or(nil)) != 0 {
		t.Errorf("URLs of $LATEST: %v", u)
	}
	if u := live.URLs.Or(nil); len(u) != 1 || u[0].Auth != "NONE" {
		t.Errorf("URLs of version 2: %v", u)
	}
	if s := live.Status.Or(role.Status{}); s.StateReasonCode != "InsufficientRolePermissions" || live.Tags.Or(nil)["team"] != "shop" {
		t.Errorf("status %+v, tags %v", s, live.Tags)
	}
}

// TestAFunctionsFactsAreReadWhole reads a function where an unqualified name stands for all of it, and where it does not.
func TestAFunctionsFactsAreReadWhole(t *testing.T) {
	for _, wide := range []bool{true, false} {
		w := configured(awsaccount.AllFacts)
		w.lambda.wide = wide
		versions, err := w.read.Function(t.Context(), shopARN)
		if err != nil {
			t.Fatal(err)
		}
		verifyFacts(t, versions)
	}
}

func TestASweepReadsMappingsOnceForARegion(t *testing.T) {
	w := configured(awsaccount.AllFacts)
	var versions []role.Function
	for marker := ""; ; {
		page, next, err := w.read.FunctionPage(t.Context(), "us-east-1", marker)
		if err != nil {
			t.Fatal(err)
		}
		versions = append(versions, page...)
		if marker = next; marker == "" {
			break
		}
	}
	verifyFacts(t, versions)
	// The fake gives one thing a page: four mappings are four calls, for two pages of functions.
	if n := w.lambda.count("lambda:ListEventSourceMappings"); n != 4 {
		t.Errorf("mappings were listed with %d calls", n)
	}
}

func TestOnlyWhatIsAskedForIsRead(t *testing.T) {
	w := configured(awsaccount.FactsFor([]check.Fact{check.Identity, check.EventSources}))
	versions, err := w.read.Function(t.Context(), shopARN)
	if err != nil {
		t.Fatal(err)
	}
	c := versions[0].Config
	if c.Sources.State() != role.Known || c.Policies.Why() != "not asked for" || c.URLs.Why() != "not asked for" || c.Status.Why() != "not asked for" {
		t.Errorf("sources %v, policies %v, URLs %v, status %v", c.Sources.State(), c.Policies.Why(), c.URLs.Why(), c.Status.Why())
	}
	for _, call := range []string{"lambda:GetPolicy", "lambda:ListFunctionUrlConfigs", "lambda:GetFunctionConfiguration", "lambda:ListTags", "lambda:ListFunctionEventInvokeConfigs",
		"lambda:GetRuntimeManagementConfig"} {
		if w.lambda.count(call) != 0 {
			t.Errorf("%s was called", call)
		}
	}
	if f := awsaccount.FactsFor([]check.Fact{check.ResourcePolicies, check.FunctionURLs}); f != (awsaccount.Facts{Policies: true, URLs: true}) {
		t.Errorf("facts for policies and URLs: %+v", f)
	}
	if f := awsaccount.FactsFor(check.AllFacts()); f != awsaccount.AllFacts {
		t.Errorf("facts %+v", f)
	}
}

func TestAFactThatMayNotBeReadIsUnknownAndOthersAreNot(t *testing.T) {
	facts := map[string]func(role.Config) (role.State, string){
		"lambda:ListEventSourceMappings":        func(c role.Config) (role.State, string) { return c.Sources.State(), c.Sources.Why() },
		"lambda:ListFunctionEventInvokeConfigs": func(c role.Config) (role.State, string) { return c.Destinations.State(), c.Destinations.Why() },
		"lambda:GetResourcePolicy":              func(c role.Config) (role.State, string) { return c.Policies.State(), c.Policies.Why() },
		"lambda:GetRuntimeManagementConfig":     func(c role.Config) (role.State, string) { return c.RuntimeUpdates.State(), c.RuntimeUpdates.Why() },
		"lambda:ListFunctionUrlConfigs":         func(c role.Config) (role.State, string) { return c.URLs.State(), c.URLs.Why() },
	}
	for call, fact := range facts {
		w := configured(awsaccount.AllFacts)
		w.lambda.fail[call] = apiError("AccessDeniedException")
		versions, err := w.read.Function(t.Context(), shopARN)
		if err != nil {
			t.Errorf("%s: %v", call, err)
			continue
		}
		if state, why := fact(versions[0].Config); state != role.Unknown || why != call+" was denied" {
			t.Errorf("%s: %v, %q", call, state, why)
		}
		for other, fact := range facts {
			if state, _ := fact(versions[0].Config); other != call && state != role.Known {
				t.Errorf("%s was denied, and %s is unknown", call, other)
			}
		}
		w.lambda.fail[call] = apiError("ThrottlingException")
		if _, err := w.read.Function(t.Context(), shopARN); err == nil || errors.Is(err, role.ErrUnread) {
			t.Errorf("%s was throttled, and the read gave %v", call, err)
		}
	}
}
