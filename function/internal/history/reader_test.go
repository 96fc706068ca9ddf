package history_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/externaldata"
	"github.com/rolewatch/rolewatch/function/internal/history"
)

func tag(second int) string {
	return record(second, "TagRole", object{"roleName": "orders", "tags": []any{object{"key": "n", "value": fmt.Sprint(second)}}})
}

func envelope(record string) string {
	return `{"version":"0","detail-type":"AWS API Call via CloudTrail","source":"aws.iam","account":"` + account + `","region":"us-east-1","detail":` + record + `}`
}

func pretty(record string) string {
	return strings.NewReplacer(`,"`, ",\n  \""+"", `{"`, "{\n  \"").Replace(record)
}

func TestEveryFormOfRecordsIsRead(t *testing.T) {
	a, b, c := tag(1), tag(2), tag(3)
	cases := map[string]string{
		"a single record":            a,
		"JSON lines":                 a + "\n" + b + "\n\n" + c + "\n",
		"a bundle":                   `{"Records":[` + a + "," + b + "," + c + `]}`,
		"a bundle, spread out":       " {\n \"Records\" : [\n" + pretty(a) + ",\n" + pretty(b) + "]\n, \"more\":{\"x\":[1]}\n}\n",
		"bundles one after another":  `{"Records":[` + a + `]}{"Records":[` + b + `]}` + "\n" + c,
		"a bundle with other things": `{"first":1,"Records":[` + a + "," + b + `]}`,
		"a list":                     "[" + a + "," + b + "]",
		"a list of events":           "[" + envelope(a) + "," + b + "]",
		"an event":                   envelope(a),
		"events, concatenated":       envelope(a) + envelope(b) + pretty(c),
		"compressed":                 gzipped(`{"Records":[` + a + "," + b + `]}`),
		"an empty bundle":            `{"Records":[]}`,
	}
	want := map[string]int{"an empty bundle": 0, "a single record": 1, "an event": 1, "a bundle, spread out": 2,
		"a bundle with other things": 2, "a list": 2, "a list of events": 2, "compressed": 2}
	for name, text := range cases {
		t.Run(name, func(t *testing.T) {
			n, ok := want[name]
			if !ok {
				n = 3
			}
			l := log(t, map[string]string{"log.json": text})
			seconds, errs := drain(l)
			if diff := cmp.Diff([]int{1, 2, 3}[:n], append([]int{}, seconds...)); diff != "" || len(errs) > 0 {
				t.Errorf("errors %q, records (-want +got):\n%s", errs, diff)
			}
			if l.Counts.Records != n || l.Counts.Listed != n || l.Counts.Files != 1 {
				t.Errorf("counts %+v", l.Counts)
			}
		})
	}
}

func TestWhatIsNotListedIsCountedAndPassedOver(t *testing.T) {
	other := strings.Replace(tag(1), `"TagRole"`, `"ListRoles"`, 1)
	l := log(t, map[string]string{"log.jsonl": other + "\n" + tag(2) + "\n" + other})
	seconds, errs := drain(l)
	if diff := cmp.Diff([]int{2}, seconds); diff != "" || len(errs) > 0 || l.Counts.Records != 3 || l.Counts.Listed != 1 {
		t.Errorf("errors %q, counts %+v, records (-want +got):\n%s", errs, l.Counts, diff)
	}
}

func TestOneBadRecordDoesNotTakeOthersWithIt(t *testing.T) {
	a, b := tag(1), tag(2)
	deep := strings.Repeat(`[`, 12000) + strings.Repeat(`]`, 12000)
	noTime := strings.Replace(tag(3), `"eventTime":"2026-03-02T09:00:03Z",`, "", 1)
	cases := []struct{ name, text, want string }{
		{"a line that is cut off", a + "\n" + b[:90] + "\n" + b, ":2: record 2: not JSON"},
		{"a line that is not JSON", a + "\nhello\n" + b, ":2: record 2: not JSON"},
		{"a bundle with a broken number", `{"Records":[` + a + `,{"eventTime":01},` + b + `]}`, ":1: record 2: not JSON"},
		{"a bundle with an open quote's escape", `{"Records":[` + a + `,{"x":"\q]}"},` + b + `]}`, ":1: record 2: not JSON"},
		{"a list nested too deep", `[` + a + `,` + deep + `,` + b + `]`, ":1: record 2: not JSON"},
		{"a bundle nested too deep", `{"Records":[` + a + ",\n{\"x\":" + deep + `},` + b + `]}` + "\n", ":2: record 2: not JSON"},
		{"a null", `{"Records":[` + a + `,null,` + b + `]}`, ":1: record 2: "},
		{"a string", `[` + a + `,"{",` + b + `]`, ":1: record 2: "},
		{"a record without its time", a + "\n" + noTime + "\n" + b, "eventTime"},
		{"an object that is none", a + "\n{\"a\":1}\n" + b, ":2: record 2: "},
		{"doubled names", a + "\n" + strings.Replace(tag(3), `{"roleName"`, `{"roleName":"x","roleName"`, 1) + "\n" + b, ":2: record 2: "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l := log(t, map[string]string{"log.json": c.text})
			seconds, errs := drain(l)
			seconds = slices.DeleteFunc(seconds, func(s int) bool { return s == 3 }) // It is handed out as not understood.
			if diff := cmp.Diff([]int{1, 2}, seconds); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if len(errs) != 1 || !strings.Contains(errs[0], "log.json") || !strings.Contains(errs[0], c.want) || l.Counts.Malformed != 1 {
				t.Errorf("errors %q, want one with %q; counts %+v", errs, c.want, l.Counts)
			}
		})
	}
}

func TestWhatCannotBeReadIsSaidAndWhatComesBeforeItIsRead(t *testing.T) {
	a := tag(1)
	bundle := gzipped(`{"Records":[` + strings.Repeat(a+",", 500) + a + `]}`)
	cases := []struct {
		name, text, want string
		records          int
	}{
		{"empty", "", "log.json: it is empty", 0},
		{"blank", " \n\n", "log.json: it is empty", 0},
		{"no JSON", "time,name\n1,2\n", "log.json:1: record 1: not JSON", 0},
		{"cut off in a bundle", `{"Records":[` + a + `,` + a[:50], "log.json:1: record 2: the input ends in the middle of it", 1},
		{"cut off after a record", `{"Records":[` + a, "log.json:1: record", 1},
		{"cut off in the archive", bundle[:len(bundle)-9], "the input ends in the middle of it", 1},
		{"a broken archive", "\x1f\x8b\x00\x00", "log.json", 0},
		{"Records is no list", `{"Records":{}}`, "Records is an object, expected an array", 0},
		{"another JSON file", `{"RoleDetailList":[]}`, "log.json:1: record 1", 0},
		{"brackets without end", strings.Repeat("[", 20000), "log.json:1: record 1", 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			seconds, errs := drain(log(t, map[string]string{"log.json": c.text}))
			if len(seconds) != c.records || len(errs) == 0 || !strings.Contains(errs[0], c.want) {
				t.Errorf("%d records, want %d; errors %q, want %q", len(seconds), c.records, errs, c.want)
			}
		})
	}
}

func TestALargeRecordIsRead(t *testing.T) {
	large := record(1, "TagRole", object{"roleName": "orders", "note": strings.Repeat("x", 10<<20)})
	seconds, errs := drain(log(t, map[string]string{"log.json": large + "\n" + tag(2)}))
	if diff := cmp.Diff([]int{1, 2}, seconds); diff != "" || len(errs) > 0 {
		t.Errorf("errors %q, records (-want +got):\n%s", errs, diff)
	}
}

func TestFilesBesideTheLogsArePassedOver(t *testing.T) {
	dir := "AWSLogs/" + account + "/CloudTrail"
	l := log(t, map[string]string{
		dir + "/us-east-1/2026/" + account + "_CloudTrail_us-east-1_20260302T0905Z_aB3dE.json.gz":                    gzipped(`{"Records":[` + tag(1) + `]}`),
		dir + "-Digest/us-east-1/" + account + "_CloudTrail-Digest_us-east-1_trail_us-east-1_20260302T0905Z.json.gz": gzipped(`{}`),
		"renamed-digest.json": `{"awsAccountId":"1","digestStartTime":"2026-03-02T08:00:00Z","logFiles":[]}`,
		"notes.txt":           "not a log",
	})
	seconds, errs := drain(l)
	if diff := cmp.Diff([]int{1}, seconds); diff != "" || len(errs) > 0 || l.Counts.Digests != 2 || l.Counts.Files != 1 {
		t.Errorf("errors %q, counts %+v, records (-want +got):\n%s", errs, l.Counts, diff)
	}
}

func TestOpenNamesWhatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(dir, "none.json"): "none.json",
		dir:                             "no *.json",
	} {
		if _, err := history.Open([]string{path}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("open %s: %v", path, err)
		}
	}
}

func TestTheStandardInputIsRead(t *testing.T) {
	l, err := history.Open([]string{history.Stdin}, strings.NewReader(tag(1)+"\nnull\n"))
	if err != nil {
		t.Fatal(err)
	}
	seconds, errs := drain(l)
	if len(seconds) != 1 || len(errs) != 1 || !strings.Contains(errs[0], "standard input:2: record 2") {
		t.Errorf("records %v, errors %q", seconds, errs)
	}
}

// TestRealRecordsAreRead reads records that AWS itself has written.
func TestRealRecordsAreRead(t *testing.T) {
	l, err := history.Open([]string{externaldata.Path(t, "cloudtrail")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	seconds, errs := drain(l)
	if len(errs) > 0 || len(seconds) == 0 || l.Counts.Records == 0 {
		t.Errorf("%d records, errors %q", len(seconds), errs)
	}
	t.Logf("%d real records in %d files, %d listed", l.Counts.Records, l.Counts.Files, l.Counts.Listed)
}
