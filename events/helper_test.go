package events

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// sampleFiles gives every sample by its file name without the ending, "iam.CreateRole".
func sampleFiles(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := fs.Glob(samples, "samples/*.json")
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string][]byte)
	for _, name := range names {
		body, err := samples.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(strings.TrimPrefix(name, "samples/"), ".json")] = body
	}
	if len(out) < len(table) {
		t.Fatalf("there are %d samples for %d rows", len(out), len(table))
	}
	return out
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	body, ok := sampleFiles(t)[name]
	if !ok {
		t.Fatalf("no sample %q", name)
	}
	return body
}

type object = map[string]any

// edited gives a sample as a bare record, changed by edit.
func edited(t testing.TB, name string, edit func(record object)) []byte {
	t.Helper()
	var event object
	if err := json.Unmarshal(sample(t, name), &event); err != nil {
		t.Fatal(err)
	}
	record := event["detail"].(object)
	if edit != nil {
		edit(record)
	}
	return encoded(t, record)
}

func encoded(t testing.TB, v any) []byte {
	t.Helper()
	body, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func parse(t testing.TB, body []byte) *Change {
	t.Helper()
	c, err := Parse(body)
	if err != nil {
		t.Fatalf("Parse(%s): %v", body, err)
	}
	return c
}

// wantMalformed checks that body is malformed at a field.
func wantMalformed(t testing.TB, body []byte, field string) *MalformedError {
	t.Helper()
	c, err := Parse(body)
	var bad *MalformedError
	if !errors.As(err, &bad) {
		t.Fatalf("Parse = %+v, %v, want a MalformedError", c, err)
	}
	if bad.Field != field {
		t.Fatalf("malformed at %q (%v), want %q", bad.Field, bad, field)
	}
	return bad
}

func wantNotListed(t testing.TB, body []byte) *NotListedError {
	t.Helper()
	c, err := Parse(body)
	var other *NotListedError
	if !errors.Is(err, ErrNotListed) || !errors.As(err, &other) {
		t.Fatalf("Parse = %+v, %v, want ErrNotListed", c, err)
	}
	return other
}
