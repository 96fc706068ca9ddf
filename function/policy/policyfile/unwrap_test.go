package policyfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/policy"
)

// The bare documents, one for each kind, with what encodings have to keep: escapes, percent signs, plus signs, line ends.
const (
	identityPolicy = "{\n  \"Version\": \"2012-10-17\",\r\n  \"Statement\": [{\"Sid\": \"A\", \"Effect\": \"Allow\", \"Action\": [\"s3:Get*\"],\n" +
		"    \"Resource\": \"arn:aws:s3:::b/a+b%20c\\u00e9\\\"é\\\\/${aws:username}\"}]\n}"
	trustPolicy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`
	queuePolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/a b":"<&>"}}}]}`
)

func bareOf(kind policy.Kind) string {
	switch kind {
	case policy.Trust:
		return trustPolicy
	case policy.Resource, policy.RCP:
		return queuePolicy
	}
	return identityPolicy
}

// percent encodes as IAM does.
func percent(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

// encodings are the ways in which an output holds a document.
var encodings = map[string]func(string) string{
	"object":                 func(text string) string { return text },
	"text":                   quote,
	"percent-encoded":        func(text string) string { return quote(percent(text)) },
	"percent-encoded twice":  func(text string) string { return quote(percent(percent(text))) },
	"text in a text":         func(text string) string { return quote(quote(text)) },
	"text without its marks": func(text string) string { return quote(strings.Trim(quote(text), `"`)) },
}

// wrapped puts a value where a wrapper has it.
func wrapped(w wrapper, value string) string {
	steps := strings.Split(w.path, ".")
	for i := len(steps) - 1; i >= 0; i-- {
		with := ""
		if w.with != "" && i == len(steps)-1 {
			with = fmt.Sprintf(`, "%s": "x\"{}"`, w.with)
		}
		value = fmt.Sprintf("{\n  \"Other\": [{\"Statement\": 1}],\n  \"%s\": %s%s}", steps[i], value, with)
	}
	return value
}

// TestEveryFormHoldsTheBareDocument wraps a policy in every form and encoding, and wants the bare one back, byte for byte.
func TestEveryFormHoldsTheBareDocument(t *testing.T) {
	n := 0
	for _, w := range wrappers {
		bare := bareOf(w.kind)
		for name, encode := range encodings {
			src := wrapped(w, encode(bare))
			for whole, text := range map[string]string{"as it is": src, "with a mark": byteOrderMark + src, "in a string": quote(src), "percent-encoded": percent(src)} {
				f, err := Unwrap([]byte(text))
				if err != nil {
					t.Fatalf("%s, %s, %s: %v\n%s", w.path, name, whole, err, text)
				}
				if string(f.Text) != bare || f.Form != w.form || f.Path != w.path || f.HasKind != !w.open || f.HasKind && f.Kind != w.kind {
					t.Errorf("%s, %s, %s: %+v", w.path, name, whole, f)
				}
				if _, err := f.Parse(w.kind); err != nil {
					t.Errorf("%s, %s, %s: %v", w.path, name, whole, err)
				}
				n++
			}
		}
	}
	for name, encode := range encodings {
		for _, bare := range []string{identityPolicy, trustPolicy, queuePolicy} {
			f, err := Unwrap([]byte(encode(bare)))
			if err != nil || string(f.Text) != bare || f.Form != "" || f.HasKind {
				t.Errorf("%s: %+v, %v", name, f, err)
			}
			n++
		}
	}
	t.Logf("unwrapped %d texts", n)
}

// TestFaultsKeepTheirPlace puts a fault into a document, and wants it where it stands in the file.
func TestFaultsKeepTheirPlace(t *testing.T) {
	const bare = "{\"Version\": \"2012-10-17\",\n \"Statement\": [\n  {\"Effect\": \"allow\", \"Action\": \"s3:GetObject\", \"Resource\": {\"Ref\": \"B\"}}]}"
	check := func(name, src string, line, column int, encoded bool, path string) {
		t.Helper()
		_, err := Parse([]byte(src), policy.Identity)
		var refused *NotAPolicyError
		if !errors.As(err, &refused) || refused.Line != line || refused.Column != column || refused.Encoded != encoded || refused.Path != path {
			t.Errorf("%s: %+v, %v", name, refused, err)
		}
		if !encoded && refused != nil && !strings.HasPrefix(strings.TrimPrefix(src, byteOrderMark)[refused.Offset:], `{"Ref"`) {
			t.Errorf("%s: offset %d", name, refused.Offset)
		}
	}
	check("bare", bare, 3, 61, false, "Statement[0].Resource")
	check("with a mark", byteOrderMark+bare, 3, 61, false, "Statement[0].Resource")
	check("in an object", "\n{ \"PolicyDocument\":\n\n"+bare+"}", 6, 61, false, "PolicyDocument.Statement[0].Resource")
	check("on one line", "{\"PolicyVersion\": {\"Document\":"+strings.ReplaceAll(bare, "\n", "")+"}}", 1, 131, false, "PolicyVersion.Document.Statement[0].Resource")
	check("in a string", "\n\n{\"Policy\": "+quote(bare)+"}", 3, 61, true, "Policy.Statement[0].Resource")
	check("percent-encoded", percent(bare), 3, 61, true, "Statement[0].Resource")

	f, err := Unwrap([]byte("\n{ \"PolicyDocument\":\n\n" + strings.ReplaceAll(bare, `{"Ref": "B"}`, `"*"`) + "}"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := f.Parse(policy.Identity)
	if err != nil || len(d.Violations) != 1 {
		t.Fatalf("%v, %+v", err, d)
	}
	if v := f.Violation(d.Violations[0]); v.Line != 6 || v.Column != 14 || v.Path != "PolicyDocument.Statement[0].Effect" {
		t.Errorf("%+v", v)
	}
}

// TestOrganizationsTellTheType reads the output of describe-policy.
func TestOrganizationsTellTheType(t *testing.T) {
	for kind, src := range map[policy.Kind]string{
		policy.SCP: `{"Policy":{"PolicySummary":{"Id":"p-1","Type":"SERVICE_CONTROL_POLICY"},"Content":` + quote(identityPolicy) + `}}`,
		policy.RCP: `{"Content":` + quote(queuePolicy) + `,"PolicySummary":{"Type":"RESOURCE_CONTROL_POLICY"}}`,
	} {
		f, err := Unwrap([]byte(src))
		if err != nil || !f.HasKind || f.Kind != kind || string(f.Text) != bareOf(kind) {
			t.Errorf("%+v, %v", f, err)
		}
		if _, err := f.Parse(kind); err != nil {
			t.Error(err)
		}
		if _, err := f.Parse(policy.Identity); err == nil {
			t.Error("it was taken for an identity policy")
		}
	}
	_, err := Unwrap([]byte(`{"Policy":{"PolicySummary":{"Type":"TAG_POLICY"},"Content":"{\"tags\":{}}"}}`))
	if err == nil || !strings.Contains(err.Error(), "TAG_POLICY") {
		t.Errorf("%v", err)
	}
}

func TestRecognize(t *testing.T) {
	for src, want := range map[string]string{
		identityPolicy: "an identity policy", trustPolicy: "a trust policy", queuePolicy: "a resource policy",
		`{"Statement":[]}`: "", `{"Statement":[{"Effect":"Allow"}]}`: "",
		`{"Statement":[{"Principal":"*","Resource":"*"},{"Resource":"*"}]}`:                "",
		`{"Statement":[{"NotPrincipal":{"AWS":"1"},"Action":"STS:TagSession"}]}`:           "a trust policy",
		`{"Statement":[{"Principal":"*","Action":"ecr:Get*"}]}`:                            "a resource policy",
		`{"Role":{"AssumeRolePolicyDocument":{"Statement":[]}}}`:                           "a trust policy",
		`{"Policy":{"PolicySummary":{"Arn":"a"},"Content":"{\"Statement\":[]}"}}`:          "",
		`{"policyDocument":"{\"Statement\":[{\"Action\":\"iot:*\",\"Resource\":\"*\"}]}"}`: "an identity policy",
	} {
		f, err := Unwrap([]byte(src))
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		got := ""
		if kind, ok := f.Recognize(); ok {
			got = kind.Short()
		}
		if got != want {
			t.Errorf("%s is recognized as %q, want %q", src, got, want)
		}
	}
}

// TestLimits gives texts that are too much.
func TestLimits(t *testing.T) {
	deep := strings.Repeat("[", 20_000)
	long := identityPolicy
	for range 6 {
		long = quote(long)
	}
	for name, src := range map[string]string{
		"too long a text":        `{"Policy":"` + strings.Repeat("x", maxSource) + `"}`,
		"too long a policy":      `{"Policy":{"Statement":[],"Id":"` + strings.Repeat("x", 1<<20) + `"}}`,
		"too deep":               `{"Policy":{"Statement":` + deep,
		"too deep and closed":    `{"Policy":{"Statement":` + deep + strings.Repeat("]", 20_000) + `}}`,
		"too many encodings":     long,
		"many encodings outside": strings.Repeat("%25", 100_000),
		"many members":           `{` + strings.Repeat(`"a":1,`, 100_000) + `"a":1}`,
	} {
		_, err := Parse([]byte(src), policy.Identity)
		var refused *NotAPolicyError
		if !errors.As(err, &refused) || len(err.Error()) > 500 {
			t.Errorf("%s: %.600v", name, err)
		}
	}
}

// FuzzUnwrap gives any text: what is taken is a part of it or was decoded, parses, and gives the same when it is wrapped
// again. What is refused has a place in the text.
func FuzzUnwrap(f *testing.F) {
	for _, w := range wrappers {
		f.Add(wrapped(w, bareOf(w.kind)))
		f.Add(wrapped(w, quote(percent(bareOf(w.kind)))))
	}
	for _, r := range refusals {
		f.Add(r.src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		file, err := Unwrap([]byte(src))
		if err != nil {
			checkPlace(t, src, err)
			return
		}
		if !file.Encoded && !bytes.Contains([]byte(src), file.Text) {
			t.Errorf("%q is not in the text", file.Text)
		}
		want, wantErr := policy.Parse(file.Text, policy.Identity)
		for name, encode := range encodings {
			if strings.Contains(name, "text") && bytes.ContainsRune(file.Text, '\ufffd') {
				continue // json.Marshal writes what is not UTF-8 so
			}
			again, err := Unwrap([]byte(wrapped(wrapper{path: "PolicyVersion.Document"}, encode(string(file.Text)))))
			if err != nil {
				if want != nil {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			got, _ := policy.Parse(again.Text, policy.Identity)
			if (got == nil) != (want == nil) || got != nil && strings.TrimLeft(string(got.Source()), blanks) != strings.TrimLeft(string(want.Source()), blanks) {
				t.Errorf("%s: %q became %q", name, file.Text, again.Text)
			}
		}
		_ = wantErr
	})
}

// FuzzParse gives any text as a policy of any kind: a document or a refusal, never both.
func FuzzParse(f *testing.F) {
	for i, r := range refusals {
		f.Add(r.src, i)
	}
	for _, bare := range []string{identityPolicy, trustPolicy, queuePolicy} {
		f.Add(bare, int(policy.Resource))
	}
	f.Fuzz(func(t *testing.T, src string, kind int) {
		k := policy.Kind(uint(kind) % uint(policy.RCP+1))
		d, err := Parse([]byte(src), k)
		if (d == nil) == (err == nil) {
			t.Fatalf("%v and %v", d, err)
		}
		if err != nil {
			checkPlace(t, src, err)
			return
		}
		for _, v := range d.Violations {
			if v.WrongType {
				t.Errorf("%v", v)
			}
		}
	})
}

func checkPlace(t *testing.T, src string, err error) {
	t.Helper()
	var refused *NotAPolicyError
	if !errors.As(err, &refused) || refused.Line < 1 || refused.Column < 1 || refused.What == "" {
		t.Fatalf("%#v", err)
	}
	if !refused.Encoded && refused.Offset > len(src) {
		t.Errorf("offset %d of %d", refused.Offset, len(src))
	}
}

// BenchmarkParse is what finding a bare document adds to parsing it.
func BenchmarkParse(b *testing.B) {
	for name, parse := range map[string]func([]byte) (*policy.Document, error){
		"policy":     func(src []byte) (*policy.Document, error) { return policy.Parse(src, policy.Identity) },
		"policyfile": func(src []byte) (*policy.Document, error) { return Parse(src, policy.Identity) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			src := []byte(`{"Version":"2012-10-17","Statement":[` + strings.Repeat(`{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/${aws:username}/*"},`, 20) +
				`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`)
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				if _, err := parse(src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
