package actions

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestTheEmbeddedFileIsSmallAndWhole bounds the file from above and what it holds from below.
func TestTheEmbeddedFileIsSmallAndWhole(t *testing.T) {
	if len(embedded) > 300_000 {
		t.Errorf("the file has %d bytes, more than 300 KB", len(embedded))
	}
	levels, arns, starOnly := map[Level]int{}, 0, 0
	for _, prefix := range Services() {
		list, ok := Service(strings.ToUpper(prefix))
		if title, named := ServiceName(prefix); !ok || !named || title == "" {
			t.Errorf("service %q: known %v, name %q", prefix, ok, title)
		}
		for _, a := range list {
			levels[a.Level]++
			if a.OnlyStar() {
				starOnly++
			}
			for _, r := range a.ResourceTypes {
				for _, arn := range r.ARNs {
					arns++
					if !strings.HasPrefix(arn, "arn:${Partition}:") || strings.Count(arn, ":") < 5 || strings.Contains(arn, ",") {
						t.Errorf("%v: %s has no ARN pattern: %q", a, r.Name, arn)
					}
				}
			}
		}
	}
	keys := len(catalogue().keys)
	if len(Services()) < 400 || len(Names()) < 20_000 || arns < 20_000 || starOnly < 5_000 || keys < 1_500 {
		t.Errorf("%d services, %d actions, %d ARN patterns, %d actions without resource types, %d keys are too few",
			len(Services()), len(Names()), arns, starOnly, keys)
	}
	for _, l := range []Level{Read, List, Write, Tagging, PermissionsManagement} {
		if levels[l] < 400 {
			t.Errorf("%d actions of level %v are too few", levels[l], l)
		}
	}
	t.Logf("%s: %d bytes, %d services, %d actions, %d keys, %v", Source(), len(embedded), len(Services()), len(Names()), keys, levels)
}

// TestTheEmbeddedFileIsOfThePinnedVersion fails when the version was raised and the file was not made anew.
func TestTheEmbeddedFileIsOfThePinnedVersion(t *testing.T) {
	source, err := os.ReadFile("actions.go")
	if err != nil {
		t.Fatal(err)
	}
	pinned := regexp.MustCompile(`//go:generate .* -package (\S+)@(\S+)\n`).FindSubmatch(source)
	if pinned == nil {
		t.Fatal("actions.go pins no version")
	}
	if want := string(pinned[1]) + " " + string(pinned[2]); Source() != want {
		t.Errorf("the file was made from %q, not from %q", Source(), want)
	}
	notice, err := os.ReadFile("LICENSE.iam-data")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(notice), Source()) || !strings.Contains(string(notice), "MIT License") {
		t.Errorf("the licence beside the file is not its own:\n%s", notice)
	}
}

// TestTheDateIsThatOfThePackagesVersion also fails when the package changes how it numbers its versions.
func TestTheDateIsThatOfThePackagesVersion(t *testing.T) {
	if day := AsOf(); !strings.Contains(Source(), "."+day.Format("20060102")) {
		t.Errorf("the date of %s is %v", Source(), day)
	}
	for source, want := range map[string]time.Time{
		"@sample/iam-data 0.21.202609261": time.Date(2026, 9, 26, 0, 0, 0, 0, time.UTC),
		"@sample/iam-data 1.2.2027010112": time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		"@sample/iam-data 0.21.202613011": {}, "@sample/iam-data 1.2.3": {}, "": {},
	} {
		if got := dateOf(source); got != want {
			t.Errorf("%q: %v, want %v", source, got, want)
		}
	}
}

func TestDamagedFilesGiveErrors(t *testing.T) {
	cut := embedded[:len(embedded)/2]
	flipped := slices.Clone(embedded)
	flipped[len(flipped)/3] ^= 0x10
	for name, data := range map[string][]byte{"empty": nil, "cut": cut, "flipped": flipped, "text": []byte("no catalogue")} {
		if _, err := load(data); err == nil {
			t.Errorf("%s: no error", name)
		} else if !strings.HasPrefix(err.Error(), "load actions: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNamesAreInOrderAndFound(t *testing.T) {
	names := Names()
	for i, name := range names {
		if i > 0 && names[i-1] >= name {
			t.Fatalf("%s stands before %s", names[i-1], name)
		}
		for _, spelled := range []string{name, strings.ToUpper(name), strings.ToLower(name)} {
			if a, ok := Lookup(spelled); !ok || a.String() != name {
				t.Fatalf("%s is found as %v, %v", spelled, a, ok)
			}
		}
	}
	if !slices.IsSorted(Services()) || !slices.Contains(Services(), "s3") {
		t.Errorf("services: %v", Services())
	}
	t.Logf("looked up %d names", len(names))
}

// TestLookup holds facts of the Service Authorization Reference.
func TestLookup(t *testing.T) {
	for _, tc := range []struct {
		name  string
		level Level
		types string
		arn   string
		key   string
	}{
		{"s3:GetObject", Read, "accesspointobject object", "arn:${Partition}:s3:::${BucketName}/${ObjectName}", "s3:ExistingObjectTag/<key>"},
		{"ec2:DescribeInstances", List, "", "", "ec2:Region"},
		{"iam:PassRole", Write, "role*", "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}", "iam:PassedToService"},
		{"iam:PutRolePolicy", PermissionsManagement, "role*", "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}", "iam:PermissionsBoundary"},
		{"lambda:InvokeFunction", Write, "function*", "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}", "lambda:EventSourceToken"},
		{"sts:AssumeRole", Write, "role*", "arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}", "sts:ExternalId"},
		{"sqs:TagQueue", Tagging, "queue*", "arn:${Partition}:sqs:${Region}:${Account}:${QueueName}", "aws:TagKeys"},
		{"kms:Decrypt", Write, "key*", "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}", "kms:ViaService"},
	} {
		a, ok := Lookup(tc.name)
		if !ok || a.Level != tc.level || !slices.Contains(a.ConditionKeys, tc.key) || a.OnlyStar() != (tc.types == "") {
			t.Errorf("%s: known %v, level %v, keys %v, only star %v", tc.name, ok, a.Level, a.ConditionKeys, a.OnlyStar())
		}
		var types, arns []string
		for _, r := range a.ResourceTypes {
			name := r.Name
			if r.Required {
				name += "*"
			}
			types, arns = append(types, name), append(arns, r.ARNs...)
		}
		if strings.Join(types, " ") != tc.types || tc.arn != "" && !slices.Contains(arns, tc.arn) {
			t.Errorf("%s takes %v, %v", tc.name, types, arns)
		}
	}
	for _, name := range []string{"", ":", "s3", "s3:", ":GetObject", "s3:GetObjec", "nosuch:Thing", "s3:Get*", "\xff:\xff", strings.Repeat("x", 1000)} {
		if a, ok := Lookup(name); ok {
			t.Errorf("%q is found as %v", name, a)
		}
	}
}

// TestResourceTypesHaveTheirKeys looks at a type with two patterns, and at keys that an action has on one type only.
func TestResourceTypesHaveTheirKeys(t *testing.T) {
	a, _ := Lookup("apigateway:GET")
	i := slices.IndexFunc(a.ResourceTypes, func(r ResourceType) bool { return r.Name == "Stage" })
	if i < 0 {
		t.Fatalf("%v has no Stage: %v", a, a.ResourceTypes)
	}
	want := []string{
		"arn:${Partition}:apigateway:${Region}::/apis/${ApiId}/stages/${StageName}",
		"arn:${Partition}:apigateway:${Region}::/restapis/${RestApiId}/stages/${StageName}",
	}
	if diff := cmp.Diff(want, a.ResourceTypes[i].ARNs); diff != "" {
		t.Error(diff)
	}
	a, _ = Lookup("ec2:RunInstances")
	for _, r := range a.ResourceTypes {
		on := slices.Contains(r.Keys, "ec2:MetadataHttpTokens")
		if (r.Name == "instance") != on || !slices.IsSorted(r.Keys) {
			t.Errorf("ec2:RunInstances on %s has keys %v", r.Name, r.Keys)
		}
	}
	if slices.Contains(a.ConditionKeys, "ec2:MetadataHttpTokens") {
		t.Error("a key of one resource type stands among the action's own")
	}
}

func TestService(t *testing.T) {
	list, ok := Service("SQS")
	if !ok || !slices.IsSortedFunc(list, func(a, b Action) int { return strings.Compare(a.Name, b.Name) }) ||
		!slices.ContainsFunc(list, func(a Action) bool { return a.String() == "sqs:SendMessage" && a.ResourceTypes[0].Required }) {
		t.Errorf("known %v: %v", ok, list)
	}
	list[0] = Action{}
	if again, _ := Service("sqs"); again[0].Name == "" {
		t.Error("the caller's slice is the catalogue's")
	}
	if list, ok := Service("nosuch"); ok || list != nil {
		t.Errorf("an unknown service has %v", list)
	}
	if name, ok := ServiceName("lambda"); !ok || name != "AWS Lambda" {
		t.Errorf("lambda is %q", name)
	}
	if _, ok := ServiceName("nosuch"); ok {
		t.Error("an unknown service has a name")
	}
}

func TestLevelsAndTypesHaveNames(t *testing.T) {
	got := []string{Level(0).String(), Read.String(), PermissionsManagement.String(), Level(-1).String(), KeyType(99).String(),
		AnyType.String(), String.String(), IPAddress.String(), Binary.String()}
	want := []string{"Level(0)", "Read", "Permissions management", "Level(-1)", "KeyType(99)", "any", "String", "IPAddress", "Binary"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestServiceOf(t *testing.T) {
	for text, want := range map[string]string{"S3:GetObject": "s3", "dynamodb:*": "dynamodb", "*": "*", "": ""} {
		if got := ServiceOf(text); got != want {
			t.Errorf("service of %q: %q, want %q", text, got, want)
		}
	}
}
