package events

import "testing"

// The record of a deletion names an event source mapping by its ID, in either spelling, and need not name the function.
func TestAMappingIsNamedByItsID(t *testing.T) {
	of := func(request object) []byte {
		return edited(t, "lambda.DeleteEventSourceMapping", func(r object) { r["requestParameters"], r["responseElements"] = request, nil })
	}
	for _, key := range []string{"uUID", "uuid"} {
		c := parse(t, of(object{key: "3d5b7f10"}))
		if m := c.Config.Beside.Mapping; m == nil || m.ID != "3d5b7f10" || !c.Function.IsZero() || c.Omitted {
			t.Errorf("%s: mapping %+v, function %+v, omitted %v", key, m, c.Function, c.Omitted)
		}
	}
	for _, request := range []object{{}, {"uUID": ""}, {"uuid": hidden}} {
		wantMalformed(t, of(request), fieldMapping)
	}
}

// The policy that Lambda answers with is the one that it put. Without an answer, it is the one of the request.
func TestThePolicyThatWasPut(t *testing.T) {
	for _, tt := range []struct {
		request, response any
		want              string
	}{
		{object{"policy": "asked"}, object{"policy": "answered"}, "answered"}, {object{"policy": "asked"}, object{}, "asked"}, {object{"policy": "asked"}, nil, "asked"},
		{object{}, object{"policy": "answered"}, "answered"}, {object{}, object{}, ""},
	} {
		c := parse(t, edited(t, "lambda.PutResourcePolicy", func(r object) {
			tt.request.(object)["resourceArn"] = "arn:aws:lambda:eu-central-1:111122223333:function:orders-worker"
			r["requestParameters"], r["responseElements"] = tt.request, tt.response
		}))
		got := ""
		if p := c.Config.Beside.Policy; p != nil {
			got = *p
		}
		if got != tt.want {
			t.Errorf("%v answered with %v: the policy %q, want %q", tt.request, tt.response, got, tt.want)
		}
	}
}
