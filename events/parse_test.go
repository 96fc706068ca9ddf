package events

import (
	"cmp"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// The golden holds the Change of every sample, without the parameters and the row that it repeats.
func TestSamplesParseToTheirChanges(t *testing.T) {
	const golden = "testdata/changes.txtar"
	files := sampleFiles(t)
	got := &txtar.Archive{Comment: []byte("What each sample says, by the name of its file.\n\n")}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		c := parse(t, files[name])
		if (c.Request == nil) != (c.Request.Kind() != '{') || c.Response != nil && c.Response.Kind() != '{' {
			t.Errorf("%s: the parts are no objects: %s, %s", name, c.Request, c.Response)
		}
		c.Request, c.Response = nil, nil
		c.Event = Event{Source: c.Event.Source, Name: c.Event.Name}
		text, err := json.Marshal(c, jsontext.WithIndent("  "), json.Deterministic(true), json.OmitZeroStructFields(true))
		if err != nil {
			t.Fatal(err)
		}
		got.Files = append(got.Files, txtar.File{Name: name, Data: append(text, '\n')})
	}
	if *update {
		if err := os.WriteFile(golden, txtar.Format(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), string(txtar.Format(got))); diff != "" {
		t.Errorf("changes differ from %s (-want +got):\n%s", golden, diff)
	}
}

func TestBareRecordSaysTheSameAsItsEvent(t *testing.T) {
	for name, body := range sampleFiles(t) {
		inEvent, bare := parse(t, body), parse(t, edited(t, name, nil))
		for _, c := range []*Change{inEvent, bare} {
			for _, part := range []*jsontext.Value{&c.Request, &c.Response} {
				if *part == nil {
					continue
				}
				if err := part.Canonicalize(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if diff := gocmp.Diff(inEvent, bare); diff != "" {
			t.Errorf("%s (-event +bare):\n%s", name, diff)
		}
	}
}

func TestChangeKeepsNothingOfTheBody(t *testing.T) {
	body := slices.Clone(sample(t, "iam.CreateRole"))
	want, got := parse(t, sample(t, "iam.CreateRole")), parse(t, body)
	for i := range body {
		body[i] = 'x'
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("the change changed with the body (-want +got):\n%s", diff)
	}
}

func TestDocumentOfCreateRole(t *testing.T) {
	const tricky = `{"Version":"2012-10-17","Statement":[{"Sid":"a+b","Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}]}`
	encodedDoc := "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Sid%22%3A%22a+b%22%2C%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%22%2A%22%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D"
	fromResponse := func(doc any) []byte {
		return edited(t, "iam.CreateRole", func(r object) {
			delete(r["requestParameters"].(object), "assumeRolePolicyDocument")
			r["responseElements"].(object)["role"].(object)["assumeRolePolicyDocument"] = doc
		})
	}
	if got := parse(t, fromResponse(encodedDoc)).Document; got == nil || *got != tricky {
		t.Errorf("the response's document is %v, want it decoded, its plus sign kept: %s", got, tricky)
	}
	if got := parse(t, fromResponse(nil)).Document; got != nil {
		t.Errorf("no document gives %q", *got)
	}
	wantMalformed(t, fromResponse("%7B%2"), "responseElements.role.assumeRolePolicyDocument")
}

func TestArnOfANewRoleWithoutResponse(t *testing.T) {
	for path, want := range map[string]string{
		"":               "arn:aws:iam::111122223333:role/orders-worker",
		"/":              "arn:aws:iam::111122223333:role/orders-worker",
		"/service-role/": "arn:aws:iam::111122223333:role/service-role/orders-worker",
	} {
		body := edited(t, "iam.CreateRole", func(r object) {
			r["requestParameters"].(object)["path"] = path
			r["responseElements"] = nil
		})
		if got := parse(t, body).Role; got.ARN != want || got.Path != cmp.Or(path, "/") {
			t.Errorf("path %q gives %+v, want %s", path, got, want)
		}
	}
	refused := edited(t, "iam.CreateRole", func(r object) {
		r["responseElements"], r["errorCode"] = nil, "EntityAlreadyExistsException"
	})
	if got := parse(t, refused).Role; got != (RoleRef{Name: "orders-worker"}) {
		t.Errorf("a refused CreateRole names %+v: the role of that name may lie on another path", got)
	}
}

func TestArnOfANewPolicyWithoutResponse(t *testing.T) {
	for path, want := range map[any]string{
		nil: "arn:aws:iam::111122223333:policy/orders", "/team/": "arn:aws:iam::111122223333:policy/team/orders",
	} {
		body := edited(t, "iam.CreatePolicy", func(r object) {
			r["requestParameters"] = object{"policyName": "orders", "path": path}
			r["responseElements"] = nil
		})
		if got := parse(t, body).Policy.ARN; got != want {
			t.Errorf("path %v gives %q, want %s", path, got, want)
		}
	}
	wantMalformed(t, edited(t, "iam.CreatePolicy", func(r object) { r["requestParameters"], r["responseElements"] = object{}, object{} }), "responseElements.policy.arn")
}

// A role's ARN without an account would be that of another role.
func TestARoleWhoseAccountIsNotKnownIsMalformed(t *testing.T) {
	for _, name := range []string{"iam.CreateRole", "iam.DeleteRole"} {
		wantMalformed(t, edited(t, name, func(r object) {
			delete(r, "recipientAccountId")
			delete(r, "userIdentity")
			delete(r, "responseElements")
		}), "recipientAccountId")
	}
}

// An empty or missing code does not make a success of a call that was refused with a message.
func TestARefusedCallWithoutItsCodeIsRefused(t *testing.T) {
	for _, code := range []any{nil, ""} {
		c := parse(t, edited(t, "lambda.CreateFunction.cannotAssume", func(r object) { r["errorCode"] = code }))
		if !c.Failed() || c.Asked == nil {
			t.Errorf("with the code %v: %+v", code, c)
		}
	}
}

func TestTimesAsRecordsWriteThem(t *testing.T) {
	want := time.Date(2023, 7, 10, 23, 54, 39, 0, time.UTC)
	for given, want := range map[any]time.Time{
		"Jul 10, 2023 11:54:39 PM":      want,
		"Jul 10, 2023, 11:54:39 PM":     {},
		"Jul 10, 2023 11:54:39\u202fPM": want,
		"2023-07-10T23:54:39.000+0000":  want,
		"2023-07-10T23:54:39Z":          want,
		"2023-07-11T01:54:39.000+0200":  want,
		1689033279:                      want,
		"yesterday":                     {},
		nil:                             {},
	} {
		body := edited(t, "iam.CreateRole", func(r object) {
			r["responseElements"].(object)["role"].(object)["createDate"] = given
		})
		if got := parse(t, body).Role.Created; !got.Equal(want) {
			t.Errorf("createDate %v is %v, want %v", given, got, want)
		}
	}
}

func TestPartition(t *testing.T) {
	regions := map[string]string{
		"eu-central-1": "aws", "cn-north-1": "aws-cn", "us-gov-east-1": "aws-us-gov", "us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b",
		"eu-isoe-west-1": "aws-iso-e", "us-isof-south-1": "aws-iso-f", "eusc-de-east-1": "aws-eusc", "us-east-1": "aws",
	}
	for region, want := range regions {
		body := edited(t, "iam.DeleteRole", func(r object) { r["awsRegion"], r["userIdentity"] = region, nil })
		if got := parse(t, body).Partition; got != want {
			t.Errorf("Region %s is in %s, want %s", region, got, want)
		}
	}
	body := edited(t, "iam.DeleteRole", func(r object) {
		r["userIdentity"] = object{"type": "Root", "arn": "arn:aws-cn:iam::111122223333:root"}
	})
	if got := parse(t, body).Partition; got != "aws-cn" {
		t.Errorf("the caller's ARN says aws-cn, not %s", got)
	}
}

func TestKeyAndEnvironmentAreKnownOnlyWhenSent(t *testing.T) {
	configOf := func(request object) FunctionConfig {
		return parse(t, edited(t, "lambda.UpdateFunctionConfiguration", func(r object) {
			request["functionName"] = "orders-worker"
			r["requestParameters"], r["responseElements"] = request, nil
		})).Config
	}
	if c := configOf(object{}); !c.Known || c.Environment != nil || c.KMSKeyARN != nil || c.Role != "" {
		t.Errorf("a silent record gives %+v", c)
	}
	c := configOf(object{"environment": object{}, "kmsKeyArn": ""})
	if c.Environment == nil || !*c.Environment || c.KMSKeyARN == nil || *c.KMSKeyARN != "" {
		t.Errorf("an environment, and a key taken away, give %+v", c)
	}
	if c := configOf(object{"environment": "HIDDEN_DUE_TO_SECURITY_REASONS", "kMSKeyArn": nil}); c.Environment == nil || c.KMSKeyARN != nil {
		t.Errorf("a blanked environment and a null key give %+v", c)
	}
}

func TestRoleThatIsNoArnStaysInTheConfiguration(t *testing.T) {
	for _, role := range []string{"orders", "arn:aws:iam::111122223333:user/x", "arn:aws:iam::111122223333:role/", "arn:aws:sts::1:role/x"} {
		body := edited(t, "lambda.CreateFunction.cannotAssume", func(r object) { r["requestParameters"].(object)["role"] = role })
		if c := parse(t, body); c.Config.Role != role || !c.Role.IsZero() {
			t.Errorf("role %q gives %+v and %+v", role, c.Config.Role, c.Role)
		}
	}
}

// TestAResourcePolicyOfAnotherResource reads the calls for resource policies, whose event source other resources of Lambda share.
func TestAResourcePolicyOfAnotherResource(t *testing.T) {
	const prefix = "arn:aws:lambda:eu-central-1:111122223333:"
	for _, name := range []string{"PutResourcePolicy", "PutResourcePolicy20260709", "DeleteResourcePolicy", "DeleteResourcePolicy20260709"} {
		of := func(resource any) []byte {
			return edited(t, "lambda."+strings.TrimSuffix(name, "20260709"), func(r object) {
				r["eventName"], r["requestParameters"].(object)["resourceArn"] = name, resource
			})
		}
		for resource, qualifier := range map[string]string{
			"function:f": "", "function:f:7": "7", "function:f:live": "live", "function:f:$LATEST": "$LATEST", "function:f:$LATEST.PUBLISHED": "$LATEST.PUBLISHED",
		} {
			if got := parse(t, of(prefix+resource)).Function; got != (FunctionRef{Name: "f", ARN: prefix + "function:f", Qualifier: qualifier}) {
				t.Errorf("%s of %s is about %+v", name, resource, got)
			}
		}
		for _, other := range []string{"web-function/shop", "capacity-provider:cp", "layer:l:1"} {
			if got := parse(t, of(prefix+other)); !got.Function.IsZero() {
				t.Errorf("%s of %s is about %+v", name, other, got.Function)
			}
		}
		for _, bad := range []any{nil, "", "orders-worker", "arn:aws:lambda", prefix + "function:", prefix + "function:a b"} {
			wantMalformed(t, of(bad), "requestParameters.resourceArn")
		}
	}
}

// An answer of Lambda is a function's configuration if it has an ARN and a time. One in another form tells nothing of the settings.
func TestOnlyAWholeAnswerTellsSettings(t *testing.T) {
	for name, tt := range map[string]struct {
		edit func(answer object)
		want bool
	}{
		"whole": {func(object) {}, true}, "no ARN": {func(a object) { delete(a, "functionArn") }, false}, "no time": {func(a object) { delete(a, "lastModified") }, false},
		"another form": {func(a object) { a["memorySize"] = "much" }, false},
	} {
		c := parse(t, edited(t, "lambda.UpdateFunctionConfiguration", func(r object) { tt.edit(r["responseElements"].(object)) }))
		if got := c.Config.Settings != nil; got != tt.want || c.Function.Name != "orders-worker" || !c.Config.Known {
			t.Errorf("%s: settings %+v of %+v", name, c.Config.Settings, c.Function)
		}
	}
}
