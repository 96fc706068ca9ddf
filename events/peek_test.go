package events

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/function/aws"
)

func TestPeek(t *testing.T) {
	const iamRole = `"eventSource":"iam.amazonaws.com","eventName":"CreateRole"`
	tests := []struct {
		name, body   string
		source, call string
		ok           bool
	}{
		{"a record", `{` + iamRole + `}`, sourceIAM, "CreateRole", true},
		{"spaces", " {\n\t\"eventName\" : \"CreateRole\" ,\r\n \"eventSource\"\n:\n\"iam.amazonaws.com\" } ", sourceIAM, "CreateRole", true},
		{"deeper fields of the same names", `{"a":{"eventSource":"x","eventName":"y"},"b":[{"eventName":"z"}],` + iamRole + `}`, sourceIAM, "CreateRole", true},
		{"texts that look like fields", `{"a":"\"eventName\":\"x\",{[","b\\":"\\",` + iamRole + `}`, sourceIAM, "CreateRole", true},
		{"a text of brackets", `{"a":["}]\\\"}"],"b":{"c":"{[\\"},` + iamRole + `}`, sourceIAM, "CreateRole", true},
		{"escapes in a value", `{"eventSource":"iam.amazonaws.com","eventName":"Create\u0052ole"}`, sourceIAM, "CreateRole", true},
		{"escapes in a name", `{"event\u0053ource":"iam.amazonaws.com","\u0065ventName":"CreateRole"}`, sourceIAM, "CreateRole", true},
		{"scalars before", `{"a":-1.5e3,"b":true,"c":null,` + iamRole + `}`, sourceIAM, "CreateRole", true},
		{"an event", `{"version":"0","detail":{` + iamRole + `},"source":"aws.iam"}`, sourceIAM, "CreateRole", true},
		{"a record with a detail", `{"detail":{"eventSource":"x","eventName":"y"},` + iamRole + `}`, sourceIAM, "CreateRole", true},
		{"a name in another case", `{"EventSource":"iam.amazonaws.com","EventName":"CreateRole"}`, "", "", false},
		{"half a record around a whole one", `{"eventName":"CreateRole","detail":{` + iamRole + `}}`, "", "CreateRole", false},
		{"no name", `{"eventSource":"iam.amazonaws.com"}`, sourceIAM, "", false},
		{"a name that is a number", `{"eventSource":"iam.amazonaws.com","eventName":7}`, sourceIAM, "", false},
		{"a detail that is a text", `{"detail":"{}"}`, "", "", false},
		{"a list", `[{` + iamRole + `}]`, "", "", false},
		{"nothing", ``, "", "", false},
	}
	for _, tt := range tests {
		source, call, ok := Peek([]byte(tt.body))
		if source != tt.source || call != tt.call || ok != tt.ok {
			t.Errorf("%s: Peek = %q, %q, %v, want %q, %q, %v", tt.name, source, call, ok, tt.source, tt.call, tt.ok)
		}
	}
}

// A body may end anywhere, and what it named up to there is found.
func TestPeekOfABodyThatIsCut(t *testing.T) {
	whole := string(sample(t, "iam.CreateRole")) + `{"a":7`
	for n := range whole {
		source, call, ok := Peek([]byte(whole[:n]))
		if source != "" && source != sourceIAM || call != "" && call != "CreateRole" || ok != (source != "" && call != "") {
			t.Errorf("the first %d bytes: %q, %q, %v", n, source, call, ok)
		}
	}
	for _, body := range []string{`{"eventName":7`, `{"eventName":tru`, `{"eventName":`, `{"eventName"`, `{"eventName":"CreateRole`, `{"eventName":[{`} {
		if source, call, ok := Peek([]byte(body)); source+call != "" || ok {
			t.Errorf("%s: %q, %q, %v", body, source, call, ok)
		}
	}
}

func TestPeekAllocatesNothing(t *testing.T) {
	event, bare := sample(t, "lambda.CreateFunction"), edited(t, "lambda.CreateFunction", nil)
	listed := 0
	allocs := testing.AllocsPerRun(100, func() {
		for _, body := range [][]byte{event, bare} {
			if source, name, ok := Peek(body); ok {
				if _, ok := Lookup(source, name); ok {
					listed++
				}
			}
		}
	})
	if allocs != 0 || listed == 0 {
		t.Errorf("Peek and Lookup allocate %v times; %d were listed", allocs, listed)
	}
}

// agree holds Peek and Parse to one another: they tell the same event, and what Peek finds listed is not called
// unlisted for its name.
func agree(t *testing.T, body []byte) {
	t.Helper()
	source, name, ok := Peek(body)
	c, err := Parse(body)
	var other *NotListedError
	var bad *MalformedError
	switch {
	case err == nil:
		if row, listed := Lookup(source, name); !ok || !listed || row != c.Event || c.Name != name {
			t.Fatalf("Parse finds %s, Peek %q %q %v in %q", c.Name, source, name, ok, body)
		}
	case errors.As(err, &other):
		if ok && (other.Source != source || other.Name != name) {
			t.Fatalf("Parse finds %q %q, Peek %q %q in %q", other.Source, other.Name, source, name, body)
		}
		if _, listed := Lookup(source, name); ok && listed && other.Why == "" {
			t.Fatalf("Peek finds %q %q listed, Parse does not, in %q", source, name, body)
		}
	case errors.As(err, &bad):
		if bad.Field == "" && bad.Offset < 0 {
			t.Fatalf("%v names no place in %q", err, body)
		}
		if _, listed := Lookup(source, name); ok && !listed && jsontext.Value(body).IsValid() {
			t.Fatalf("%v, though %q %q is not listed, in %q", err, source, name, body)
		}
	default:
		t.Fatalf("Parse = %v, %v of %q", c, err, body)
	}
}

func FuzzParse(f *testing.F) {
	for name, body := range sampleFiles(f) {
		f.Add(body)
		f.Add(edited(f, name, nil))
	}
	for _, name := range noFunctionNames {
		f.Add([]byte(`{"eventSource":"lambda.amazonaws.com","eventName":"DeleteFunction20150331","eventTime":"2031-03-04T09:00:00Z","requestParameters":{"functionName":"` + name + `"}}`))
	}
	f.Add([]byte(`{"detail":{"event\u0053ource":"iam.amazonaws.com","eventName":"CreateRole"},"detail-type":"","source":"aws.iam"}`))
	f.Add([]byte(`{"eventSource":"\"\\","eventName":"}"}`))
	f.Add([]byte(strings.Repeat("[", 50)))
	f.Fuzz(func(t *testing.T, body []byte) { agree(t, body) })
}

// FuzzParseRefused holds that a refused call, whatever its parameters and its message are, is malformed or a refused call of which
// nothing is taken for known that has not the form of Lambda's API.
func FuzzParseRefused(f *testing.F) {
	archive, err := txtar.ParseFile("testdata/refused-calls.txtar")
	if err != nil || len(archive.Files) == 0 {
		f.Fatalf("%d refused calls, %v", len(archive.Files), err)
	}
	for _, file := range archive.Files {
		name, _, _ := strings.Cut(file.Name, ".")
		f.Add(name, file.Data, "The role defined for the function cannot be assumed by Lambda.")
	}
	f.Fuzz(func(t *testing.T, name string, parameters []byte, message string) {
		row, listed := Lookup(sourceLambda, name)
		if !listed || !jsontext.Value(parameters).IsValid() {
			return
		}
		body, err := json.Marshal(object{
			"eventSource": sourceLambda, "eventName": name, "eventTime": "2031-03-04T09:00:00Z", "errorCode": "E", "errorMessage": message,
			"recipientAccountId": "111122223333", "awsRegion": "eu-central-1", "requestParameters": jsontext.Value(parameters),
		})
		if err != nil {
			return
		}
		agree(t, body)
		c, err := Parse(body)
		if err != nil {
			return
		}
		if !c.Failed() || c.Event.Name != row.Name || strings.Contains(c.Function.ARN+c.Role.ARN, hidden) && !strings.Contains(message, hidden) {
			t.Fatalf("%s is read as %+v", body, c)
		}
		if a := c.Asked; a != nil {
			checkClear(t, a)
		}
	})
}

func checkClear(t *testing.T, a *Asked) {
	var arns []string
	if a.Layers != nil {
		arns = *a.Layers
	}
	if a.Mounts != nil {
		for _, m := range *a.Mounts {
			arns = append(arns, m.ARN)
		}
	}
	for _, text := range []*string{a.DeadLetter, a.KMSKeyARN} {
		if text != nil && *text != "" {
			arns = append(arns, *text)
		}
	}
	if m := a.Mapping; m != nil && m.SourceARN != "" {
		arns = append(arns, m.SourceARN)
	}
	for _, arn := range arns {
		if !aws.IsARN(arn) || arn == hidden {
			t.Errorf("%q is taken for an ARN", arn)
		}
	}
}

func BenchmarkPeek(b *testing.B) {
	_, body, _ := strings.Cut(string(sample(b, "lambda.CreateFunction")), `"detail": `) // in the order that records have
	b.SetBytes(int64(len(body)))
	record := []byte(body)
	for b.Loop() {
		if _, _, ok := Peek(record); !ok {
			b.Fatal("not found")
		}
	}
}

func BenchmarkParse(b *testing.B) {
	listed := edited(b, "lambda.CreateFunction", nil)
	for name, body := range map[string][]byte{
		"listed":   listed,
		"unlisted": []byte(strings.Replace(string(listed), `"CreateFunction20150331"`, `"GetFunction20150331v2"`, 1)),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Parse(body)
			}
		})
	}
}
