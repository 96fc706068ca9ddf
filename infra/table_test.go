package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// releasedTable is the table of the last release's template, by its logical ID. After a release, write the present one there.
const releasedTable = "testdata/released-table.json"

// The table of the release before has the states, and an update keeps them: CloudFormation neither refuses it nor makes another
// table.
func TestTheTableIsUpdatedInPlace(t *testing.T) {
	released, now := readTable(t), tableOf(homeOf(t, oneRegion))
	for _, why := range notInPlace(released, now) {
		t.Error(why)
	}
	// Going back is an update, too.
	for _, why := range notInPlace(now, released) {
		t.Errorf("going back: %s", why)
	}
}

func readTable(t *testing.T) object {
	t.Helper()
	text, err := os.ReadFile(releasedTable)
	if err != nil {
		t.Fatal(err)
	}
	var released object
	if err := json.Unmarshal(text, &released); err != nil || len(released) != 1 {
		t.Fatalf("%s has %d tables: %v", releasedTable, len(released), err)
	}
	return released
}

// tableOf gives the table of a template by its logical ID.
func tableOf(tm *template) object {
	tm.t.Helper()
	id, _ := tm.only("AWS::DynamoDB::Table")
	return object{id: at(tm.root, "Resources", id)}
}

// notInPlace says why CloudFormation would refuse to update one table to another, or would replace it:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
func notInPlace(before, after object) (why []string) {
	add := func(format string, args ...any) { why = append(why, fmt.Sprintf(format, args...)) }
	if a, b := slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after)); !slices.Equal(a, b) {
		add("the logical IDs are %v and were %v: the table is another resource", b, a)
		return why
	}
	for id := range before {
		old, new := before[id], after[id]
		if at(old, "Type") != at(new, "Type") {
			add("the type is %v and was %v: CloudFormation refuses it", at(new, "Type"), at(old, "Type"))
		}
		for _, policy := range []string{"DeletionPolicy", "UpdateReplacePolicy"} {
			if at(new, policy) != "Retain" {
				add("%s is %v: the table is deleted with the stack", policy, at(new, policy))
			}
		}
		for _, property := range []string{"TableName", "KeySchema", "LocalSecondaryIndexes", "ImportSourceSpecification"} {
			if a, b := written(at(old, "Properties", property)), written(at(new, "Properties", property)); a != b {
				add("%s is %s and was %s: CloudFormation replaces the table", property, b, a)
			}
		}
		types, were := byName(new, "AttributeDefinitions", "AttributeName"), byName(old, "AttributeDefinitions", "AttributeName")
		for name, a := range were {
			if b, ok := types[name]; ok && written(a) != written(b) {
				add("the attribute %s is %s and was %s: CloudFormation replaces the table", name, written(b), written(a))
			}
		}
		if a, b := at(old, "Properties", "TimeToLiveSpecification", "AttributeName"), at(new, "Properties", "TimeToLiveSpecification", "AttributeName"); a != nil && b != nil && a != b {
			add("the time to live is in %v and was in %v: DynamoDB takes another attribute only after an update without any", b, a)
		}
		why = append(why, indexesNotInPlace(byName(old, "GlobalSecondaryIndexes", "IndexName"), byName(new, "GlobalSecondaryIndexes", "IndexName"))...)
	}
	return why
}

// indexesNotInPlace says why CloudFormation would refuse to update one set of indexes to another.
func indexesNotInPlace(before, after map[string]any) (why []string) {
	changed := 0
	for _, name := range slices.Sorted(maps.Keys(before)) {
		b, stays := after[name]
		switch a := before[name]; {
		case !stays:
			changed++
		case written(a) != written(b):
			why = append(why, fmt.Sprintf("the index %s is %s and was %s: DynamoDB changes neither the keys nor the projection of an index", name, written(b), written(a)))
		}
	}
	for name := range after {
		if _, was := before[name]; !was {
			changed++
		}
	}
	if changed > 1 {
		why = append(why, fmt.Sprintf("%d indexes are added or removed: CloudFormation does one in an update", changed))
	}
	return why
}

// byName gives the elements of a table's property by one of their members.
func byName(table any, property, member string) map[string]any {
	out := map[string]any{}
	for _, v := range list(at(table, "Properties", property)) {
		name, _ := at(v, member).(string)
		out[name] = v
	}
	return out
}

func written(v any) string {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// Each of these updates is one that CloudFormation refuses or that replaces the table, and the gate says so.
func TestTheGateOfTheTableNoticesEachUpdateThatIsNotInPlace(t *testing.T) {
	released, err := os.ReadFile(releasedTable)
	if err != nil {
		t.Fatal(err)
	}
	readTable(t)
	index := func(name string) string {
		return `{"IndexName":"` + name + `","KeySchema":[{"AttributeName":"role","KeyType":"HASH"}],"Projection":{"ProjectionType":"KEYS_ONLY"}}`
	}
	compact := jsontext.Value(released)
	if err := compact.Compact(); err != nil {
		t.Fatal(err)
	}
	const attributes, indexes, billing = `"AttributeDefinitions":[`, `"GlobalSecondaryIndexes":[`, `"BillingMode":"PAY_PER_REQUEST"`
	tests := []struct{ name, old, new, want string }{
		{"another logical ID", `"TableCD117FA1"`, `"StatesCD117FA1"`, "another resource"},
		{"another type", `"AWS::DynamoDB::Table"`, `"AWS::DynamoDB::GlobalTable"`, "the type is"},
		{"deleted with the stack", `"DeletionPolicy":"Retain"`, `"DeletionPolicy":"Delete"`, "is deleted with the stack"},
		{"deleted when replaced", `,"UpdateReplacePolicy":"Retain"`, ``, "is deleted with the stack"},
		{"a name", billing, billing + `,"TableName":"rolewatch"`, "TableName is"},
		{"another key", `{"AttributeName":"sk","KeyType":"RANGE"}`, `{"AttributeName":"sort","KeyType":"RANGE"}`, "KeySchema is"},
		{"a local index", billing, billing + `,"LocalSecondaryIndexes":[` + index("local") + `]`, "LocalSecondaryIndexes is"},
		{"another type of an attribute", `{"AttributeName":"role","AttributeType":"S"}`, `{"AttributeName":"role","AttributeType":"B"}`, "the attribute role"},
		{"another projection", `"ProjectionType":"ALL"`, `"ProjectionType":"KEYS_ONLY"`, "the index role is"},
		{"another key of an index", `{"AttributeName":"pk","KeyType":"RANGE"}`, `{"AttributeName":"sk","KeyType":"RANGE"}`, "the index role is"},
		{"two indexes at once", indexes, indexes + index("a") + "," + index("b") + ",", "2 indexes are added or removed"},
		{"an index for another", `"IndexName":"role"`, `"IndexName":"role-keys"`, "2 indexes are added or removed"},
		{"one index more", indexes, indexes + index("a") + ",", ""},
		{"an attribute more", attributes, attributes + `{"AttributeName":"x","AttributeType":"N"},`, ""},
		{"what is updated in place", billing, `"BillingMode":"PROVISIONED","DeletionProtectionEnabled":true,"TimeToLiveSpecification":{"AttributeName":"expires","Enabled":true}`, ""},
	}
	parsed := func(text string) (out object) {
		t.Helper()
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		return out
	}
	for _, tt := range tests {
		if n := strings.Count(string(compact), tt.old); n != 1 {
			t.Fatalf("%s: %d places to change", tt.name, n)
		}
		why := notInPlace(parsed(string(compact)), parsed(strings.Replace(string(compact), tt.old, tt.new, 1)))
		if got := strings.Join(why, "\n"); tt.want == "" && got != "" || tt.want != "" && (len(why) != 1 || !strings.Contains(got, tt.want)) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	expiring := strings.Replace(string(compact), billing, billing+`,"TimeToLiveSpecification":{"AttributeName":"expires","Enabled":true}`, 1)
	if why := notInPlace(parsed(expiring), parsed(strings.Replace(expiring, "expires", "ends", 1))); len(why) != 1 {
		t.Errorf("another attribute of the time to live: %q", why)
	}
	if same := parsed(string(compact)); len(notInPlace(same, same)) > 0 {
		t.Error("an update that changes nothing is not in place")
	}
}

func TestTableIsKept(t *testing.T) {
	_, table := homeOf(t, oneRegion).only("AWS::DynamoDB::Table")
	for _, property := range [][]string{{"PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"}, {"DeletionProtectionEnabled"}, {"TimeToLiveSpecification", "Enabled"}} {
		if at(table, property...) != true {
			t.Errorf("%v is %v", property, at(table, property...))
		}
	}
	if got := at(table, "TimeToLiveSpecification", "AttributeName"); got != deploy.ExpiresKey {
		t.Errorf("items expire by %v", got)
	}
	if got := text(t, table["KeySchema"]); got != `[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]` {
		t.Errorf("keys %s", got)
	}
	const keys = `"KeySchema":[{"AttributeName":"role","KeyType":"HASH"},{"AttributeName":"pk","KeyType":"RANGE"}]`
	want := `[{"IndexName":"role",` + keys + `,"Projection":{"ProjectionType":"ALL"}},{"IndexName":"role-keys",` + keys + `,"Projection":{"ProjectionType":"KEYS_ONLY"}}]`
	if got := text(t, table["GlobalSecondaryIndexes"]); got != want {
		t.Errorf("indexes %s", got)
	}
}

// With the setting, the stack makes no table, and everything that names the table names the one of the setting.
func TestATableThatIsThereIsUsed(t *testing.T) {
	const name = "rolewatch-TableCD117FA1-1ABCDEF2GHIJ"
	tm := homeOf(t, `{"regions":["us-east-1"],"table":"`+name+`"}`)
	if made := tm.find("AWS::DynamoDB::Table"); len(made) > 0 {
		t.Errorf("a table is made: %v", made)
	}
	_, function := tm.named("AWS::Lambda::Function", deploy.FunctionID)
	if got := at(function, "Environment", "Variables", "ROLEWATCH_TABLE"); got != name {
		t.Errorf("the function uses the table %v", got)
	}
	if got := at(tm.root, "Outputs", "TableName", "Value"); got != name {
		t.Errorf("the output is %v", got)
	}
	allowed := 0
	role := tm.properties("AWS::IAM::Role")[referred(function["Role"])]
	for _, policy := range list(role["Policies"]) {
		for _, s := range list(at(policy, "PolicyDocument", "Statement")) {
			if at(s, "Sid") != string(stateTable) {
				continue
			}
			for _, resource := range list(at(s, "Resource")) {
				if got := text(t, resource); strings.Contains(got, ":table/"+name) {
					allowed++
				} else {
					t.Errorf("the role is allowed %s", got)
				}
			}
		}
	}
	if allowed != 2 {
		t.Errorf("%d resources, want the table and its indexes", allowed)
	}
}
