package events

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
)

// substitutes are what every value of every sample is replaced by; gone takes the field away.
var substitutes = []any{gone, nil, 17, "text", "", true, []any{nil}, object{"x": 1}}

type absent struct{}

var gone absent

// Whatever stands in whatever place of a record, Parse gives a change, ErrNotListed, or an error that names the place.
func TestEveryValueReplacedByEveryType(t *testing.T) {
	files := sampleFiles(t)
	outcomes := make(map[string]int)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		var event any
		if err := json.Unmarshal(files[name], &event); err != nil {
			t.Fatal(err)
		}
		mutate(event, func(to any) { event = to }, func() {
			body := encoded(t, event)
			outcomes[outcome(t, name, body)]++
		})
	}
	t.Logf("outcomes: %v", outcomes)
	for _, kind := range []string{"change", "not listed", "malformed"} {
		if outcomes[kind] < 300 {
			t.Errorf("only %d mutations came out as %s", outcomes[kind], kind)
		}
	}
}

// mutate replaces v, and all that is in it, one value at a time, by way of set, and calls test each time.
func mutate(v any, set func(any), test func()) {
	switch v := v.(type) {
	case object:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			mutate(v[name], func(to any) {
				if v[name] = to; to == gone {
					delete(v, name)
				}
			}, test)
		}
	case []any:
		for i := range v {
			mutate(v[i], func(to any) {
				if v[i] = to; to == gone {
					v[i] = nil
				}
			}, test)
		}
	}
	for _, s := range substitutes {
		set(s)
		test()
	}
	set(v)
}

func outcome(t *testing.T, name string, body []byte) string {
	c, err := Parse(body)
	var bad *MalformedError
	switch {
	case err == nil && c != nil:
		return "change"
	case errors.Is(err, ErrNotListed):
		return "not listed"
	case errors.As(err, &bad) && (bad.Field != "" || bad.Offset >= 0) && bad.Reason != "":
		return "malformed"
	}
	t.Fatalf("%s: Parse(%s) = %v, %v", name, body, c, err)
	return ""
}
