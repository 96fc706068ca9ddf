package policy

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestWhatIsRuledOutIsNotFound draws resource policies and questions with bounded keys: of what is ruled out at once no search finds a
// request, nor of what is denied by what the bounded keys look like.
func TestWhatIsRuledOutIsNotFound(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 4))
	counts := map[string]int{}
	for range 6000 {
		text := drawBounded(r)
		doc, err := Parse([]byte(text), Resource)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		all, err := Parse([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`), Identity)
		if err != nil {
			t.Fatal(err)
		}
		set := Set{Resource: &Part{Name: "resource", Document: doc}, Identity: []Part{{Name: "identity", Document: all}}}
		p, err := NewProber(set, NewBudget(1e6), NewBudget(1e6))
		if err != nil {
			t.Fatal(err)
		}
		q := drawBoundedProbe(r)
		a := p.action(q.Action)
		if a == &p.uncovered {
			a = p.newAction(q.Action)
		}
		one := &probing{Prober: p, Probe: &q, action: a}
		goal, given := one.formula(&q, a), one.given()
		isRuledOut, found := one.isRuledOut(goal, given), one.runSearches(goal, given)
		if one.exceeded {
			counts["exceeded"]++
			continue
		}
		counts[fmt.Sprintf("%v %v", isRuledOut, found.Decision)]++
		if like, isDenied := p.askLike(&q, a); isDenied {
			if counts["denied by what the keys look like"]++; found.Decision == Allowed {
				t.Fatalf("%s\n%+v\nis denied by what its keys look like: %+v; a search found %+v", text, q, like, found)
			}
		}
		if isRuledOut && found.Decision != ImplicitDeny {
			t.Fatalf("%s\n%+v\nwas ruled out: %v; a search found %+v", text, q, isRuledOut, found)
		}
	}
	t.Log(counts)
	if counts["denied by what the keys look like"] < 500 || counts["true implicitDeny"] < 500 || counts["false allowed"] < 500 || counts["false unknown"] < 100 || counts["true implicitDeny"] < counts["false implicitDeny"] {
		t.Errorf("the draw is lopsided: %v", counts)
	}
}

var boundedKeys = map[string][]string{
	"aws:SourceArn":     {"arn:aws:sns:us-east-1:111122223333:topic", "arn:aws:sns:*:*:top*", "arn:aws:s3:::bucket", "arn:*:111122223333:topic", "*", "${aws:PrincipalTag/source}"},
	"aws:SourceAccount": {"111122223333", "9999*", "*"},
	"aws:userid":        {"AROA*:*", "AIDAZ", "*:session", "AROAEXAMPLE:${aws:SourceAccount}"},
}

func drawBounded(r *rand.Rand) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	keys := []string{"aws:SourceArn", "aws:SourceAccount", "aws:userid"}
	var statements []map[string]any
	for range 1 + r.IntN(3) {
		conditions := map[string]map[string]any{}
		for range r.IntN(3) {
			key, operator := pick(keys...), pick("StringLike", "StringNotLike", "StringEquals", "StringLikeIfExists", "Null", "ForAllValues:StringLike")
			values := []string{pick(boundedKeys[key]...), pick(boundedKeys[key]...)}
			if key == "aws:SourceArn" && r.IntN(2) == 0 {
				operator = pick("ArnLike", "ArnNotLike", "ArnEqualsIfExists")
			}
			if operator == "Null" {
				values = []string{pick("true", "false")}
			}
			conditions[operator] = map[string]any{key: values}
		}
		statements = append(statements, map[string]any{
			"Effect": pick("Allow", "Allow", "Deny"), "Principal": map[string]string{"Service": pick("sns.amazonaws.com", "s3.amazonaws.com")},
			"Action": pick("lambda:InvokeFunction", "lambda:*"), "Resource": "*", "Condition": conditions,
		})
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // They are texts.
	}
	return string(text)
}

func drawBoundedProbe(r *rand.Rand) Probe {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	q := Probe{
		Principal: "sns.amazonaws.com", Action: "lambda:InvokeFunction", Resource: "arn:aws:lambda:us-east-1:111122223333:function:f",
		Context: Context{RestUnknown: r.IntN(2) == 0, Keys: map[string]ContextValue{}},
		Like:    map[string]string{"aws:sourcearn": pick("arn:aws:sns:*:999999999999:?*", "arn:aws:sns:*:111122223333:?*", "arn:aws:s3:::?*")},
		Unlike:  map[string][]string{"aws:sourcearn": {"arn:aws:s3:::bucket"}},
	}
	if r.IntN(2) == 0 {
		q.Like["aws:userid"] = pick("AROA?*:?*", "AIDA?*")
	}
	open := []string{"aws:sourcearn"}
	for _, key := range []string{"aws:sourceaccount", "aws:userid", "aws:principaltag/source"} {
		if _, bounded := q.Like[key]; bounded || r.IntN(4) == 0 {
			open = append(open, key)
		} else if r.IntN(3) > 0 {
			q.Context.Keys[key] = ContextValue{Presence: KeyPresent, Values: []string{pick("111122223333", "999999999999", "AIDAZ", "arn:aws:sns:us-east-1:111122223333:topic")}}
		}
	}
	q.Open = func(key string) bool { return slices.Contains(open, key) }
	return q
}
