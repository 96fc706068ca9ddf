package dynamostore_test

import (
	"encoding/base64"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

var update = flag.Bool("update", false, "rewrite what is read of the items of former releases")

// Each file in testdata has items as one release stored them, byte for byte, and what this release reads of them.
var _ = scenario("the items of each release there was are read and written on", func(t *testing.T, l *lab) {
	files, err := filepath.Glob("testdata/items-*.txtar")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		must(t, err)
		if len(archive.Files) != 2 {
			t.Fatalf("%s has %d sections", file, len(archive.Files))
		}
		own := newLab(t, l.emulator, l.client, deploy.KeysIndex)
		kinds := own.fill(t, archive.Files[0].Data)
		got, err := json.Marshal(everything(t, own.store()), json.Deterministic(true), jsontext.WithIndent("  "))
		must(t, err)
		got = append(got, '\n')
		if *update {
			archive.Files[1].Data = got
			must(t, os.WriteFile(file, txtar.Format(archive), 0o644))
		}
		if diff := cmp.Diff(string(archive.Files[1].Data), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
		if least := map[bool]int{true: 6, false: 8}[strings.Contains(file, "-1-") || strings.Contains(file, "-2-")]; len(kinds) != least {
			t.Errorf("%s has items of the kinds %v", file, kinds)
		}
		// What was read is written in the present form, and read again.
		for name, err := range anything(own, own.store()) {
			if err != nil {
				t.Errorf("%s, %s: %v", file, name, err)
			}
		}
		if state := load(t, own.store(), key); state.Revision != 2 {
			t.Errorf("%s: revision %d", file, state.Revision)
		}
	}
})

// fill puts items, each a line in DynamoDB's JSON, into the table. It gives their kinds.
func (l *lab) fill(t *testing.T, lines []byte) map[string]bool {
	t.Helper()
	kinds := map[string]bool{}
	for line := range strings.Lines(string(lines)) {
		var attributes map[string]map[string]any
		must(t, json.Unmarshal([]byte(line), &attributes))
		i := stored{}
		for name, a := range attributes {
			for kind, v := range a {
				i[name] = attribute(t, kind, v)
			}
		}
		_, err := l.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &l.table, Item: i})
		must(t, err)
		sk, _, _ := strings.Cut(i["sk"].(*types.AttributeValueMemberS).Value, "#")
		kinds[sk] = true
	}
	return kinds
}

func attribute(t *testing.T, kind string, v any) types.AttributeValue {
	t.Helper()
	switch kind {
	case "S":
		return &types.AttributeValueMemberS{Value: v.(string)}
	case "N":
		return &types.AttributeValueMemberN{Value: v.(string)}
	case "BOOL":
		return &types.AttributeValueMemberBOOL{Value: v.(bool)}
	case "B":
		b, err := base64.StdEncoding.DecodeString(v.(string))
		must(t, err)
		return &types.AttributeValueMemberB{Value: b}
	}
	t.Fatalf("no attribute is of the kind %s here", kind)
	return nil
}

// everything is what a store reads of the items in testdata.
func everything(t *testing.T, s *dynamostore.Store) map[string]any {
	t.Helper()
	all := map[string]any{}
	keep := func(name string, v any, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		all[name] = v
	}
	states, err := s.Load(ctx, []string{key})
	keep("states", struct {
		Revision int64
		State    finding.State
	}{states[0].Revision, states[0]}, err)
	open, err := s.OpenRoles(ctx)
	keep("openRoles", open, err)
	out, err := s.Outbox(ctx, start)
	keep("outbox", out, err)
	tally, err := s.Tally(ctx, account)
	keep("tally", tally, err)
	document, _, err := s.Document(ctx, "8f907b489532ad56fb7c52f3acc89b27680ed51296bf03984ce78d2b7b96076a")
	keep("document", document, err)
	users, err := s.Users(ctx, account, key)
	keep("users", users, err)
	gone, err := s.Versions(ctx, functions+"gone")
	keep("versionsOfGone", gone, err)
	refused, err := s.Refused(ctx, functions+"checkout")
	keep("refused", refused, err)
	sweep, err := s.SweepState(ctx, account)
	keep("sweep", sweep, err)
	first, err := s.NoticeOnce(ctx, account, "denied:iam:GetRole", message.Outgoing{ID: "again"}, start)
	keep("noticeIsNew", first, err)
	return all
}
