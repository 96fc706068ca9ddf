package awsaccount_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

func (f *fakeIAM) ListRoles(_ context.Context, in *iam.ListRolesInput, _ ...func(*iam.Options)) (*iam.ListRolesOutput, error) {
	if err := f.call("iam:ListRoles"); err != nil {
		return nil, err
	}
	page, truncated, next := onePage(f.roles, in.Marker)
	out := &iam.ListRolesOutput{IsTruncated: truncated, Marker: next}
	for _, d := range page {
		// As AWS does, the list leaves out tags and boundaries.
		out.Roles = append(out.Roles, iamtypes.Role{Arn: d.Arn, RoleId: d.RoleId, RoleName: d.RoleName, AssumeRolePolicyDocument: d.AssumeRolePolicyDocument, CreateDate: d.CreateDate})
	}
	return out, nil
}

// everything is a world with all that can be read.
func everything() (*world, *fakeOrganization) {
	w := configured(awsaccount.AllFacts)
	w.iam.holders = [][]string{{"orders"}}
	_, org := member()
	org.attached["rcp"] = []string{"p-rcp"}
	w.read = awsaccount.New(w.iam, map[string]*fakeLambda{"us-east-1": w.lambda, "eu-west-1": {counting: counting{fail: map[string]error{}}}},
		awsaccount.Options{Partition: "aws", AccountID: ownAccount, Now: w.clock, Facts: awsaccount.AllFacts, Organizations: org})
	return w, org
}

// reading is what one pass over a world gave: the reasons of what is unknown, and the errors of its entry points.
type reading struct {
	reasons   []role.Reason
	errs      map[string]error
	functions int
	roles     []role.Snapshot
}

func (r *reading) add(s role.State, why role.Reason) {
	if s == role.Unknown && !slices.Contains(r.reasons, why) {
		r.reasons = append(r.reasons, why)
	}
}

func (r *reading) role(s *role.Snapshot) {
	r.add(s.Identity.State(), s.Identity.Reason())
	r.add(s.Trust.State(), s.Trust.Reason())
	r.add(s.Inline.State(), s.Inline.Reason())
	r.add(s.Attached.State(), s.Attached.Reason())
	r.add(s.Boundary.State(), s.Boundary.Reason())
	r.add(s.Tags.State(), s.Tags.Reason())
	r.add(s.SCPs.State(), s.SCPs.Reason())
	r.add(s.RCPs.State(), s.RCPs.Reason())
	for _, p := range slices.Concat(s.Inline.Or(nil), s.Attached.Or(nil), []role.Policy{s.Boundary.Or(role.Policy{Text: role.Have("")})}) {
		r.add(p.Text.State(), p.Text.Reason())
	}
	r.roles = append(r.roles, *s)
}

func (r *reading) versions(list []role.Function) {
	for _, f := range list {
		c := f.Config
		r.add(c.Status.State(), c.Status.Reason())
		r.add(c.Tags.State(), c.Tags.Reason())
		r.add(c.Sources.State(), c.Sources.Reason())
		r.add(c.Destinations.State(), c.Destinations.Reason())
		r.add(c.Policies.State(), c.Policies.Reason())
		r.add(c.URLs.State(), c.URLs.Reason())
		r.add(c.RuntimeUpdates.State(), c.RuntimeUpdates.Reason())
		r.functions++
	}
}

// readAll uses every entry point.
func readAll(t *testing.T, w *world) *reading {
	t.Helper()
	r := &reading{errs: map[string]error{}}
	s, err := w.read.Role(t.Context(), orders)
	if r.errs["Role"] = err; err == nil {
		r.role(&s)
	}
	providers, err := w.read.Providers(t.Context(), "us-east-1")
	if r.errs["Providers"] = err; err == nil && !providers.Complete {
		r.add(role.Unknown, providers.Why)
	}
	_, r.errs["PolicyRoles"] = w.read.PolicyRoles(t.Context(), queuesARN)
	for marker, more := "", true; more; more = marker != "" {
		var page []role.Snapshot
		page, marker, err = w.read.RolePage(t.Context(), marker)
		r.errs["RolePage"] = err
		for i := range page {
			r.role(&page[i])
		}
	}
	list, err := w.read.Function(t.Context(), shopARN)
	if r.errs["Function"] = err; err == nil {
		r.versions(list)
	}
	_, r.errs["MappingFunction"] = w.read.MappingFunction(t.Context(), "us-east-1", *w.lambda.mappings[0].UUID)
	for marker, more := "", true; more; more = marker != "" {
		list, marker, err = w.read.FunctionPage(t.Context(), "us-east-1", marker)
		if r.errs["FunctionPage"] = err; err == nil {
			r.versions(list)
		}
	}
	return r
}

// errorOf is the error that an SDK client makes of an answer.
func errorOf(t *testing.T, service string, a awstest.Answer) error {
	t.Helper()
	answers := map[string]awstest.Answer{"IAM GetRole": a, "Lambda ListTags": a, "Organizations DescribeOrganization": a}
	cfg, _ := awstest.Behind(awstest.Config(t, "http://localhost:1"), answers)
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	var err error
	switch service {
	case "IAM":
		_, err = iam.NewFromConfig(cfg).GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("orders")})
	case "Lambda":
		_, err = lambda.NewFromConfig(cfg).ListTags(t.Context(), &lambda.ListTagsInput{Resource: aws.String(shopARN)})
	case "Organizations":
		_, err = organizations.NewFromConfig(cfg).DescribeOrganization(t.Context(), &organizations.DescribeOrganizationInput{})
	}
	if err == nil {
		t.Fatalf("%s: %s is no error", service, a.Name)
	}
	return err
}

// lists are the calls that list something as a whole, with the entry point that fails then. Where the details of all roles are
// not supported, roles are listed by name, so that nothing is unknown.
var lists = map[string]string{
	"iam:ListEntitiesForPolicy": "PolicyRoles", "iam:ListRoles": "RolePage", "lambda:ListVersionsByFunction": "Function", "lambda:ListFunctions": "FunctionPage",
	"lambda:GetEventSourceMapping": "MappingFunction",
}

// either are calls of which one may lack: the other one reads the same.
var either = map[string]string{"lambda:GetPolicy": "lambda:GetResourcePolicy", "lambda:GetResourcePolicy": "lambda:GetPolicy"}

const details = "iam:GetAccountAuthorizationDetails"

// eachCall walks over every call that the package can make.
func eachCall(t *testing.T, each func(service, call string)) {
	t.Helper()
	n := 0
	for service, client := range map[string]any{"IAM": &fakeIAM{}, "Lambda": &fakeLambda{}, "Organizations": &fakeOrganization{}} {
		for method := range reflect.TypeOf(client).Methods() {
			if method.Name == "ListAccountAliases" {
				continue // What people call the account is nothing that a role is judged by.
			}
			each(service, strings.ToLower(service)+":"+method.Name)
			n++
		}
	}
	if n < 20 {
		t.Fatalf("%d calls", n)
	}
	t.Logf("%d calls", n)
}

// lacking is a world that answers one call with an error.
func lacking(call string, err error) *world {
	w, org := everything()
	calls := []string{call}
	if call == "iam:ListRoles" {
		calls = append(calls, details+" Role")
	}
	if call == details {
		calls = []string{details + " Role", details + " LocalManagedPolicy"}
	}
	for _, c := range calls {
		w.iam.fail[c], w.lambda.fail[c], org.fail[c] = err, err, err
	}
	return w
}

// TestACallThatIsNotSupportedLeavesUnknownWhatItReads lets the endpoint lack one call at a time, in every form in which an
// endpoint says so. What the call would have read is unknown for that reason; everything else is read.
func TestACallThatIsNotSupportedLeavesUnknownWhatItReads(t *testing.T) {
	whole, _ := everything()
	before := readAll(t, whole)
	if len(before.reasons) != 0 || before.functions == 0 || len(before.roles) == 0 {
		t.Fatalf("with every call: %v, %d functions, %d roles", before.reasons, before.functions, len(before.roles))
	}
	eachCall(t, func(service, call string) {
		for _, a := range awstest.Unsupported(service) {
			got := readAll(t, lacking(call, errorOf(t, service, a)))
			for entry, err := range got.errs {
				switch {
				case err == nil && lists[call] != entry:
				case lists[call] != entry || !errors.Is(err, role.ErrUnread):
					t.Errorf("%s, %s: %s: %v", call, a.Name, entry, err)
				default:
					why := role.WhyUnread(err, "")
					got.add(role.Unknown, why)
				}
			}
			if call == details {
				if diff := cmp.Diff(parts(before.roles[0]), parts(got.roles[len(got.roles)-1])); diff != "" || len(got.reasons) != 0 {
					t.Errorf("%s, %s: %v (-want +got):\n%s", call, a.Name, got.reasons, diff)
				}
				continue
			}
			if either[call] != "" {
				w := lacking(call, errorOf(t, service, a))
				w.lambda.fail[either[call]] = errorOf(t, service, a)
				if both := readAll(t, w); len(got.reasons) != 0 || len(both.reasons) != 1 {
					t.Errorf("%s, %s: unknown are %v, and without %s %v", call, a.Name, got.reasons, either[call], both.reasons)
				}
				continue
			}
			if len(got.reasons) != 1 {
				t.Errorf("%s, %s: unknown are %v", call, a.Name, got.reasons)
				continue
			}
			if named, unsupported := got.reasons[0].UnsupportedCall(); !unsupported || named != call {
				t.Errorf("%s, %s: the reason is %q", call, a.Name, got.reasons[0])
			}
		}
	})
}

// TestAFailureThatPassesIsAnErrorOfEveryCall throttles each call and lets it fail in other ways that pass: nothing may be
// unknown for that reason, because what is unknown is stored.
func TestAFailureThatPassesIsAnErrorOfEveryCall(t *testing.T) {
	eachCall(t, func(service, call string) {
		for _, a := range append(awstest.Passing(service), awstest.NoHost("localhost")) {
			if a.Name == "no such host" && (call == "lambda:ListFunctions" || call == "organizations:DescribeOrganization") {
				continue
			}
			got := readAll(t, lacking(call, errorOf(t, service, a)))
			failed := 0
			for _, err := range got.errs {
				if err == nil {
					continue
				}
				failed++
				if name, _, _ := strings.Cut(call, " "); errors.Is(err, role.ErrUnread) || !strings.Contains(err.Error(), name) && call != "iam:ListRoles" {
					t.Errorf("%s, %s: %v", call, a.Name, err)
				}
			}
			if failed == 0 || len(got.reasons) != 0 {
				t.Errorf("%s, %s: %d errors, unknown are %v", call, a.Name, failed, got.reasons)
			}
		}
	})
}

// TestAServiceThatTheRegionDoesNotHaveIsUnknown has hosts that do not exist: of Lambda in one of two Regions, and of
// Organizations.
func TestAServiceThatTheRegionDoesNotHaveIsUnknown(t *testing.T) {
	w, org := everything()
	org.fail["organizations:DescribeOrganization"] = errorOf(t, "Organizations", awstest.NoHost("organizations.example.com"))
	none := &fakeLambda{counting: counting{fail: map[string]error{"lambda:ListFunctions": errorOf(t, "Lambda", awstest.NoHost("lambda.example.com"))}}}
	w.read = awsaccount.New(w.iam, map[string]*fakeLambda{"us-east-1": w.lambda, "eu-west-1": none},
		awsaccount.Options{Partition: "aws", AccountID: ownAccount, Now: w.clock, Facts: awsaccount.AllFacts, Organizations: org})
	got := readAll(t, w)
	for entry, err := range got.errs {
		if err != nil {
			t.Errorf("%s: %v", entry, err)
		}
	}
	want := role.Unsupported("organizations:DescribeOrganization", "the host organizations.example.com does not exist")
	if !slices.Equal(got.reasons, []role.Reason{want}) {
		t.Errorf("unknown are %v", got.reasons)
	}
	_, _, err := w.read.FunctionPage(t.Context(), "eu-west-1", "")
	if why := role.WhyUnread(err, ""); !errors.Is(err, role.ErrUnread) || why != role.Unsupported("lambda:ListFunctions", "the host lambda.example.com does not exist") {
		t.Errorf("a Region without Lambda: %v", err)
	}
}

// TestWhatDoesNotExistIsNotUnsupported has the answers of AWS that have the status code 404, too.
func TestWhatDoesNotExistIsNotUnsupported(t *testing.T) {
	for service, a := range map[string]awstest.Answer{
		"IAM": awstest.XMLAnswer(404, "NoSuchEntity", "The role with name orders cannot be found."), "Lambda": awstest.JSONAnswer(404, "ResourceNotFoundException", "The resource does not exist."),
	} {
		if why, refused := awsaccount.Refused("a:b", errorOf(t, service, a)); refused {
			t.Errorf("%s: %s", service, why)
		}
	}
	if why, refused := awsaccount.Refused("a:b", &types.TargetNotFoundException{}); refused {
		t.Errorf("Organizations: %s", why)
	}
}
