package history_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/history"
)

const (
	sampleRegion   = "eu-central-1"
	sampleFunction = "arn:aws:lambda:" + sampleRegion + ":" + account + ":function:orders-worker"
	anotherOne     = "arn:aws:lambda:" + sampleRegion + ":" + account + ":function:another"
	sampleProvider = "arn:aws:lambda:" + sampleRegion + ":" + account + ":capacity-provider:fleet"
	sampleMapping  = "3d5b7f10-9c2e-4a68-b1d0-2f4e6a8c0b12"
	pricesRead     = "arn:aws:iam::" + account + ":policy/prices-read"
)

// lacking are the ways in which a record lacks its parameters or its response.
var lacking = map[string]func(record object){
	"no request, no response":           func(r object) { r["requestParameters"], r["responseElements"] = left, nil },
	"no request":                        func(r object) { r["requestParameters"] = left },
	"a null request":                    func(r object) { r["requestParameters"] = nil },
	"a null request, no response":       func(r object) { r["requestParameters"], r["responseElements"] = nil, left },
	"no response":                       func(r object) { r["responseElements"] = left },
	"a null response":                   func(r object) { r["responseElements"] = nil },
	"a request with names, no response": func(r object) { r["requestParameters"], r["responseElements"] = named(r, nil), nil },
	"a request with names":              func(r object) { r["requestParameters"] = named(r, nil) },
	"a request that is not understood":  func(r object) { r["requestParameters"], r["responseElements"] = 17, 17 },
	"parameters that are not understood": func(r object) {
		r["requestParameters"], r["responseElements"] = named(r, object{"policyName": 17, "authType": 17, "permissionsBoundary": 17, "omitted": 17}), nil
	},
}

var left = object{"omitted": true, "reason": "requestParameters too large"}

// named are the request's parameters that name what the call acts on, and no others but these.
func named(r, others object) object {
	out := maps.Clone(left)
	request, _ := r["requestParameters"].(object)
	for _, name := range []string{"roleName", "policyArn", "functionName", "resource", "resourceArn", "uUID", "capacityProviderName"} {
		if v, ok := request[name]; ok && (name != "policyArn" || request["roleName"] == nil) {
			out[name] = v
		}
	}
	maps.Copy(out, others)
	return out
}

// changesNothing are the calls that change nothing of what is kept here.
var changesNothing = []string{
	"UpdateRole", "UpdateRoleDescription", "TagPolicy", "UntagPolicy", "DeletePolicyVersion", "DeleteServiceLinkedRole", "UpdateCapacityProvider",
}

// TestWhatARecordDoesNotShowIsUnknown plays the sample of each event on an account of which everything is known, whole and without its
// parameters or its response. What the whole record changes is unknown without them, or is what the whole record makes it.
func TestWhatARecordDoesNotShowIsUnknown(t *testing.T) {
	compared := map[string]int{}
	for _, e := range events.Catalog() {
		body, ok := events.Sample(e.Source, e.Name)
		if e.Subject == events.SubjectOrganization || e.Subject == events.SubjectUser || e.Subject == events.SubjectGroup || !ok {
			continue
		}
		var sample struct {
			Detail object `json:"detail"`
		}
		if err := json.Unmarshal(body, &sample); err != nil {
			t.Fatal(err)
		}
		whole := texted(sample.Detail)
		// AWS refuses to make what is there, and to change what is not.
		for _, w := range []world{{rich: !makes(e)}} {
			for _, paged := range []bool{false, true} {
				before, after := see(t, history.New(w), paged), see(t, played(t, w, whole), paged)
				for how, lack := range lacking {
					cut := maps.Clone(sample.Detail)
					lack(cut)
					got := see(t, played(t, w, texted(cut)), paged)
					for _, part := range slices.Sorted(maps.Keys(merged(before, after))) {
						if before[part] == after[part] || besides(e, part, paged) {
							continue
						}
						compared[e.Name]++
						if is, there := got[part]; there && is != "?" && is != after[part] {
							t.Errorf("%s with %s, in %+v, pages %v: %s is %s: it was %s, and the whole record makes it %s", e.Name, how, w, paged, part, is, before[part], after[part])
						}
					}
				}
			}
		}
		if compared[e.Name] == 0 != slices.Contains(changesNothing, e.Name) {
			t.Errorf("%s: %d parts were compared", e.Name, compared[e.Name])
		}
	}
	if len(compared) < 35 {
		t.Fatalf("%d events were compared", len(compared))
	}
}

// besides reports whether a part is not compared: new code and a new version leave the configuration as it is, whatever the sample
// shows of it, and a page lists functions, and does not say what others there may be.
func besides(e events.Event, part string, paged bool) bool {
	ofCode := e.Name == "UpdateFunctionCode" || e.Name == "PublishVersion"
	return ofCode && strings.Contains(part, " $LATEST ") || paged && strings.HasSuffix(part, " versions")
}

// makes reports whether a call makes a role, a managed policy, a function or a capacity provider.
func makes(e events.Event) bool {
	return e.Part == events.PartRole && e.Effect == events.EffectSets || slices.Contains([]string{"CreateFunction", "CreatePolicy", "CreateCapacityProvider"}, e.Name)
}

func merged(a, b seen) seen {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

func texted(r object) []byte {
	text, err := json.Marshal(r, json.Deterministic(true))
	if err != nil {
		panic(fmt.Sprint(r, err))
	}
	return text
}

// played is the account after one record, however little of it is understood.
func played(t *testing.T, w world, body []byte) *history.Account {
	t.Helper()
	a := history.New(w)
	c, err := events.Parse(body)
	if err != nil {
		var ok bool
		if c, ok = events.ParseUnread(body, err.Error()); !ok {
			t.Fatalf("it is passed over: %s", body)
		}
	}
	if err := a.Apply(ctx, c); err != nil {
		t.Fatal(err)
	}
	return a
}
