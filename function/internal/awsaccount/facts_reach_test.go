package awsaccount_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// withFacts is a world whose functions have these versions.
func withFacts(facts awsaccount.Facts, configs ...types.FunctionConfiguration) *world {
	w := newWorld()
	w.lambda.configs = configs
	w.read = awsaccount.New(w.iam, map[string]*fakeLambda{"us-east-1": w.lambda},
		awsaccount.Options{Partition: "aws", AccountID: ownAccount, Now: w.clock, Facts: facts})
	return w
}

func alias(function, name, version string, also ...string) types.AliasConfiguration {
	a := types.AliasConfiguration{Name: aws.String(name), FunctionVersion: aws.String(version), AliasArn: aws.String(functionARN + function + ":" + name)}
	if len(also) > 0 {
		a.RoutingConfig = &types.AliasRoutingConfiguration{AdditionalVersionWeights: map[string]float64{}}
		for _, v := range also {
			a.RoutingConfig.AdditionalVersionWeights[v] = 0.1
		}
	}
	return a
}

func mapping(id, function string) types.EventSourceMappingConfiguration {
	return types.EventSourceMappingConfiguration{
		UUID: aws.String(id), FunctionArn: aws.String(functionARN + function), EventSourceArn: aws.String("arn:aws:sqs:us-east-1:" + ownAccount + ":" + id), State: aws.String("Enabled"),
	}
}

// sourcesByVersion are the IDs of the mappings of each version, in order.
func sourcesByVersion(list []role.Function) map[string]string {
	out := map[string]string{}
	for _, f := range list {
		var ids []string
		for _, s := range f.Config.Sources.Or([]role.Source{{UUID: "? " + f.Config.Sources.Why()}}) {
			ids = append(ids, s.UUID)
		}
		slices.Sort(ids)
		out[f.Name()+":"+f.Version] = strings.Join(ids, " ")
	}
	return out
}

// TestAQualifierLeadsToTheVersionsBehindIt has an alias that splits its traffic, one that points to $LATEST, and mappings
// by name, by alias and by number; both ways of reading, and an API that is asked for a name, tell the same.
func TestAQualifierLeadsToTheVersionsBehindIt(t *testing.T) {
	want := map[string]string{"shop:$LATEST": "by-latest by-name dev", "shop:1": "live one", "shop:2": "live", "plain:$LATEST": "plain plain-dev"}
	for _, wide := range []bool{false, true} {
		w := withFacts(awsaccount.Facts{Sources: true}, config("shop", "$LATEST", nil), config("plain", "$LATEST", nil), config("shop", "1", nil), config("shop", "2", nil))
		w.lambda.wide = wide
		w.lambda.aliases = []types.AliasConfiguration{alias("shop", "live", "1", "2"), alias("shop", "dev", "$LATEST"), alias("plain", "dev", "$LATEST")}
		w.lambda.mappings = []types.EventSourceMappingConfiguration{
			mapping("by-name", "shop"), mapping("by-latest", "shop:$LATEST"), mapping("dev", "shop:dev"), mapping("live", "shop:live"), mapping("one", "shop:1"),
			mapping("gone", "shop:7"), mapping("plain", "plain"), mapping("plain-dev", "plain:dev"), mapping("other", "shop2"),
		}
		if diff := cmp.Diff(want, sourcesByVersion(functionPages(t, w))); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}
		var singly []role.Function
		for _, name := range []string{"shop", "plain"} {
			list, err := w.read.Function(t.Context(), functionARN+name)
			if err != nil {
				t.Fatal(err)
			}
			singly = append(singly, list...)
		}
		if diff := cmp.Diff(want, sourcesByVersion(singly)); diff != "" {
			t.Errorf("functions, wide %v (-want +got):\n%s", wide, diff)
		}
	}
}

// TestAFunctionWithManyVersionsTakesTheRegionsMappings reads one that has more names than are asked for one by one, and one
// whose names are too long to be asked for.
func TestAFunctionWithManyVersionsTakesTheRegionsMappings(t *testing.T) {
	name, long := strings.Repeat("n", 64), strings.Repeat("a", 100)
	w := withFacts(awsaccount.Facts{Sources: true}, config("shop", "$LATEST", nil), config(name, "$LATEST", nil))
	for i := range 30 {
		w.lambda.configs = append(w.lambda.configs, config("shop", strconv.Itoa(i+1), nil))
	}
	w.lambda.aliases = []types.AliasConfiguration{alias(name, long, "$LATEST")}
	w.lambda.mappings = []types.EventSourceMappingConfiguration{mapping("one", "shop:30"), mapping("two", name+":"+long)}
	for function, version := range map[string]string{"shop": "30", name: "$LATEST"} {
		w.lambda.calls = nil
		list, err := w.read.Function(t.Context(), functionARN+function)
		if err != nil {
			t.Fatal(err)
		}
		if got := sourcesByVersion(list)[function+":"+version]; got == "" {
			t.Errorf("%s has no source", function)
		}
		if n := w.lambda.count("lambda:ListEventSourceMappings"); n != 2 {
			t.Errorf("%s: %d calls for the two mappings of the Region", function, n)
		}
	}
}

// TestWhereAliasesAreDeniedNothingIsTakenForAbsent has a mapping and a policy under an alias of which nobody may know where
// it points.
func TestWhereAliasesAreDeniedNothingIsTakenForAbsent(t *testing.T) {
	w := withFacts(awsaccount.AllFacts, config("shop", "$LATEST", nil), config("shop", "1", nil))
	w.lambda.mappings = []types.EventSourceMappingConfiguration{mapping("by-name", "shop"), mapping("by-alias", "shop:live")}
	w.lambda.policies = map[string]string{"": `{"Statement":[]}`, "live": `{"Statement":[{}]}`}
	w.lambda.fail["lambda:ListAliases"] = apiError("AccessDeniedException")
	one, err := w.read.Function(t.Context(), shopARN)
	if err != nil {
		t.Fatal(err)
	}
	for what, list := range map[string][]role.Function{"function": one, "pages": functionPages(t, w)} {
		if diff := cmp.Diff(map[string]string{"shop:$LATEST": "by-alias by-name", "shop:1": "by-alias"}, sourcesByVersion(list)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		for _, f := range list {
			if p := f.Config.Policies; p.State() != role.Unknown || p.Why() != "lambda:ListAliases was denied" {
				t.Errorf("%s: policies of %s: %v %q", what, f.Version, p.State(), p.Why())
			}
			if seen := len(f.Config.SeenPolicies); seen != 1 && f.Version == "$LATEST" || seen != 0 && f.Version == "1" {
				t.Errorf("%s: %d policies of %s are seen", what, seen, f.Version)
			}
		}
	}
}

func TestAPolicyThatMayNotBeReadLeavesTheOthersSeen(t *testing.T) {
	w := configured(awsaccount.AllFacts)
	asked := 0
	w.lambda.before = func(call string) {
		if call == "lambda:GetResourcePolicy" {
			if asked++; asked == 2 {
				w.lambda.fail[call] = apiError("AccessDeniedException")
			}
		}
	}
	list, err := w.read.Function(t.Context(), shopARN)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if f.Config.Policies.Why() != "lambda:GetResourcePolicy was denied" {
			t.Errorf("%s: %v", f.Version, f.Config.Policies)
		}
	}
	if seen := list[0].Config.SeenPolicies; len(seen) != 1 || seen[0].Qualifier != "" || len(list[1].Config.SeenPolicies) != 1 {
		t.Errorf("seen: %v, %v", seen, list[1].Config.SeenPolicies)
	}
}

// TestAFunctionThatFillsSeveralPagesIsReadOnce lists versions one a page, and once more when what was read has aged.
func TestAFunctionThatFillsSeveralPagesIsReadOnce(t *testing.T) {
	w := configured(awsaccount.AllFacts)
	w.lambda.configs = append(w.lambda.configs, config("shop", "3", nil), config("shop", "4", nil))
	count := func() string {
		var out []string
		for _, call := range []string{"GetPolicy", "ListTags", "ListFunctionUrlConfigs", "ListAliases", "GetFunctionConfiguration"} {
			out = append(out, fmt.Sprint(call, " ", w.lambda.count("lambda:"+call)))
		}
		w.lambda.calls = nil
		return strings.Join(out, ", ")
	}
	const once = "GetPolicy 2, ListTags 1, ListFunctionUrlConfigs 1, ListAliases 1, GetFunctionConfiguration 4"
	first := functionPages(t, w)
	if got := count(); got != once {
		t.Errorf("four pages: %s", got)
	}
	if len(first) != 4 || len(first[1].Config.Policies.Or(nil)) != 1 || len(first[3].Config.Policies.Or([]role.ResourcePolicy{{}})) != 0 {
		t.Errorf("%d versions: %+v", len(first), first)
	}
	w.lambda.policies["live"] = `{"Statement":[{"Sid":"new"}]}`
	w.now = w.now.Add(3 * time.Minute)
	again := functionPages(t, w)
	if got := count(); got != once {
		t.Errorf("later: %s", got)
	}
	if p := again[1].Config.Policies.Or(nil); len(p) != 1 || !strings.Contains(p[0].Text, "new") {
		t.Errorf("what has changed meanwhile is not read: %v", p)
	}
}

// TestAReplicaIsNotAskedAbout lists replicas among functions: there is nothing to read of them.
func TestAReplicaIsNotAskedAbout(t *testing.T) {
	w := withFacts(awsaccount.AllFacts, config("us-east-1.shop", "3", func(c *types.FunctionConfiguration) { c.MasterArn = aws.String(shopARN + ":3") }))
	w.lambda.mixed = true
	if list := functionPages(t, w); len(list) != 0 {
		t.Errorf("%d functions", len(list))
	}
	if calls := slices.DeleteFunc(w.lambda.calls, func(c string) bool { return c == "lambda:ListFunctions" }); len(calls) != 0 {
		t.Errorf("calls %v", calls)
	}
}

func TestWhatIsGoneMeanwhileIsNotThere(t *testing.T) {
	w := configured(awsaccount.AllFacts)
	w.lambda.fail["lambda:GetFunctionConfiguration"] = &types.ResourceNotFoundException{}
	w.lambda.fail["lambda:ListTags"] = &types.ResourceNotFoundException{}
	w.lambda.fail["lambda:ListFunctionEventInvokeConfigs"] = &types.ResourceNotFoundException{}
	w.lambda.fail["lambda:ListFunctionUrlConfigs"] = &types.ResourceNotFoundException{}
	list, err := w.read.Function(t.Context(), shopARN)
	if err != nil {
		t.Fatal(err)
	}
	c := list[0].Config
	if c.Status.State() != role.Absent || c.Tags.State() != role.Known || c.Destinations.State() != role.Known || c.URLs.State() != role.Known {
		t.Errorf("status %v, tags %v, destinations %v, URLs %v", c.Status.State(), c.Tags.State(), c.Destinations.State(), c.URLs.State())
	}
	if n := len(c.Tags.Or(nil)) + len(c.Destinations.Or(nil)) + len(c.URLs.Or(nil)); n != 0 {
		t.Errorf("%d things are there", n)
	}
}

// TestStatusAndTagsThatMayNotBeReadAreUnknown denies and throttles what is read for each version or for the whole function.
func TestStatusAndTagsThatMayNotBeReadAreUnknown(t *testing.T) {
	for call, fact := range map[string]func(role.Config) (role.State, string){
		"lambda:GetFunctionConfiguration": func(c role.Config) (role.State, string) { return c.Status.State(), c.Status.Why() },
		"lambda:ListTags":                 func(c role.Config) (role.State, string) { return c.Tags.State(), c.Tags.Why() },
	} {
		w := configured(awsaccount.AllFacts)
		w.lambda.fail[call] = apiError("AccessDeniedException")
		list, err := w.read.Function(t.Context(), shopARN)
		if err != nil {
			t.Fatal(err)
		}
		if state, why := fact(list[0].Config); state != role.Unknown || why != call+" was denied" {
			t.Errorf("%s: %v %q", call, state, why)
		}
		w.lambda.fail[call] = apiError("TooManyRequestsException")
		if _, err := w.read.Function(t.Context(), shopARN); err == nil || errors.Is(err, role.ErrUnread) {
			t.Errorf("%s was throttled, and the read gave %v", call, err)
		}
		if _, _, err := w.read.FunctionPage(t.Context(), "us-east-1", ""); err == nil || !strings.Contains(err.Error(), call) {
			t.Errorf("%s was throttled, and the page gave %v", call, err)
		}
	}
}
