package e2e

import (
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/go-json-experiment/json"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// storedRole is the role whose state the last release has stored.
const storedRole = "arn:aws:iam::111122223333:role/orders"

type attributes = map[string]types.AttributeValue

// TestUpgrade updates the table of the last release in place, with what that release has stored in it, and then destroys the stack
// and takes the table over by another one, which has routes.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	s := bootstrapped(t)
	s.createReleasedTable(t)
	before := s.fillTable(t)
	table := s.onlyTable(t)

	s.deploy()
	if got := s.outputs["TableName"]; got != table || s.onlyTable(t) != table {
		t.Fatalf("the table was %s and is %s", table, got)
	}
	s.kept(t, before)
	if state := s.state(t); state.Revision != 1 || len(state.Findings) != 1 {
		t.Errorf("the state that the last release has stored is read as %+v", state)
	}
	s.describes(t, table)
	s.sweeps(t)
	// The sweep finds the role by its state, for the account has no such role, and goes on from what the last release has stored.
	if state := s.state(t); state.Revision < 2 || state.RoleID != "AROA1" {
		t.Errorf("the state after the sweep is %+v", state)
	}
	before = s.items(t)

	s.cdk("destroy", "--force")
	if left := s.onlyTable(t); left != table {
		t.Fatalf("the table was %s and is %s", table, left)
	}
	if _, err := s.dynamodb.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: &table}); err == nil {
		t.Fatal("the table can be deleted")
	}
	_, err := s.sns.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("shop-findings")})
	must(t, err)
	s.more = `,"table":"` + table + `"` + routes
	s.deploy()
	if got := s.outputs["TableName"]; got != table || s.onlyTable(t) != table {
		t.Fatalf("the table was %s and is %s", table, got)
	}
	s.kept(t, before)
	s.sweeps(t)
	s.makeOwned(t)
	queues := s.receivers(t)
	t.Run("findings are routed", func(t *testing.T) { findingsAreRouted(t, s, queues) })
	t.Run("one finding from its route to its end", func(t *testing.T) { oneFindingFromRouteToEnd(t, s, queues) })
}

// sweeps ticks, and waits until the sweep is done that the tick starts or goes on with: the function reads the new index alone.
func (s *stack) sweeps(t *testing.T) {
	t.Helper()
	s.tick(t)
	s.empties(t, s.outputs["QueueUrl"])
	if read := s.indexesRead(t); !slices.Equal(read, []string{deploy.KeysIndex.Name}) {
		t.Errorf("the function read the indexes %v", read)
	}
}

// state is the state of the role that the last release has stored.
func (s *stack) state(t *testing.T) finding.State {
	t.Helper()
	states, err := dynamostore.New(s.dynamodb, s.onlyTable(t), time.Now).Load(t.Context(), []string{storedRole})
	must(t, err)
	return states[0]
}

// createReleasedTable makes the stack as CloudFormation did for the last release, with the table alone.
func (s *stack) createReleasedTable(t *testing.T) {
	t.Helper()
	released, err := os.ReadFile(filepath.Join("..", "..", "infra", "testdata", "released-table.json"))
	must(t, err)
	form := url.Values{
		"Action": {"CreateStack"}, "Version": {"2010-05-15"}, "StackName": {deploy.StackName}, "TemplateBody": {`{"Resources":` + string(released) + `}`},
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.endpoint, strings.NewReader(form.Encode()))
	must(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260302/"+region+"/cloudformation/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("CreateStack: %s, %v: %s", answer.Status, err, text)
	}
	awstest.Eventually(t, func() bool { return len(s.tables(t)) == 1 }, func() string { return "the table of the last release" })
}

func (s *stack) tables(t *testing.T) []string {
	t.Helper()
	out, err := s.dynamodb.ListTables(t.Context(), &dynamodb.ListTablesInput{})
	must(t, err)
	return out.TableNames
}

func (s *stack) onlyTable(t *testing.T) string {
	t.Helper()
	names := s.tables(t)
	if len(names) != 1 {
		t.Fatalf("there are the tables %v", names)
	}
	return names[0]
}

// fillTable puts in the table what the last release stores, and gives it.
func (s *stack) fillTable(t *testing.T) map[string]attributes {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("..", "internal", "dynamostore", "testdata", "items-3-tally.txtar"))
	must(t, err)
	table := s.onlyTable(t)
	for line := range strings.Lines(string(archive.Files[0].Data)) {
		var written map[string]map[string]any
		must(t, json.Unmarshal([]byte(line), &written))
		i := attributes{}
		for name, a := range written {
			for kind, v := range a {
				i[name] = attributeOf(t, kind, v)
			}
		}
		_, err := s.dynamodb.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: i})
		must(t, err)
	}
	return s.items(t)
}

func attributeOf(t *testing.T, kind string, v any) types.AttributeValue {
	t.Helper()
	switch text, _ := v.(string); kind {
	case "S":
		return &types.AttributeValueMemberS{Value: text}
	case "N":
		return &types.AttributeValueMemberN{Value: text}
	case "B":
		b, err := base64.StdEncoding.DecodeString(text)
		must(t, err)
		return &types.AttributeValueMemberB{Value: b}
	}
	return &types.AttributeValueMemberBOOL{Value: v.(bool)}
}

// items is the whole table, by "pk sk".
func (s *stack) items(t *testing.T) map[string]attributes {
	t.Helper()
	table := s.onlyTable(t)
	out := map[string]attributes{}
	pages := dynamodb.NewScanPaginator(s.dynamodb, &dynamodb.ScanInput{TableName: &table})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, i := range page.Items {
			out[i["pk"].(*types.AttributeValueMemberS).Value+" "+i["sk"].(*types.AttributeValueMemberS).Value] = i
		}
	}
	return out
}

// kept compares what was in the table with what is there, less the outbox, which is delivered: nothing is lost.
func (s *stack) kept(t *testing.T, before map[string]attributes) {
	t.Helper()
	now := s.items(t)
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if strings.HasPrefix(name, "MSG#") {
			continue
		}
		if !reflect.DeepEqual(before[name], now[name]) {
			t.Errorf("%s was\n%v\nand is\n%v", name, before[name], now[name])
		}
	}
	if len(before) < 6 {
		t.Errorf("only %d items were compared", len(before))
	}
}

// describes holds the table against what the template says of it.
func (s *stack) describes(t *testing.T, table string) {
	t.Helper()
	out, err := s.dynamodb.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &table})
	must(t, err)
	var indexes []string
	for _, i := range out.Table.GlobalSecondaryIndexes {
		indexes = append(indexes, *i.IndexName+" "+string(i.IndexStatus)+" "+string(i.Projection.ProjectionType))
	}
	if slices.Sort(indexes); !slices.Equal(indexes, []string{"role ACTIVE ALL", "role-keys ACTIVE KEYS_ONLY"}) || out.Table.DeletionProtectionEnabled == nil || !*out.Table.DeletionProtectionEnabled {
		t.Errorf("indexes %v, protected %v", indexes, out.Table.DeletionProtectionEnabled)
	}
	live, err := s.dynamodb.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: &table})
	must(t, err)
	if d := live.TimeToLiveDescription; d.TimeToLiveStatus != types.TimeToLiveStatusEnabled || *d.AttributeName != deploy.ExpiresKey {
		t.Errorf("time to live %+v", d)
	}
}

// indexesRead are the indexes that the function has read, each once, and forgets the calls so far.
func (s *stack) indexesRead(t *testing.T) []string {
	t.Helper()
	var read []string
	for _, c := range s.callsOf(t, "rolewatch") {
		if index, ok := c.Params["IndexName"].(string); ok && !slices.Contains(read, index) {
			read = append(read, index)
		}
	}
	must(t, os.Truncate(s.calls, 0))
	return read
}
