package policy

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
)

// TestWhatMayNotBeGrantedIsNot draws policies: where it is seen at once that no policy grants an action, no statement that grants covers it.
func TestWhatMayNotBeGrantedIsNot(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 3))
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	asked := []string{"s3:GetObject", "S3:getobject", "s3:PutObject", "sqs:SendMessage", "dynamodb:GetItem", "iam:PassRole", "rolewatchprobe:Probe"}
	counts := map[bool]int{}
	for range 2000 {
		var statements []map[string]any
		for range 1 + r.IntN(3) {
			var list []string
			for range 1 + r.IntN(3)*r.IntN(12) {
				list = append(list, pick("s3:GetObject", "S3:GETOBJECT", "s3:Put*", "s3:*", "s?:G*", "*:GetObject", "sqs:SendMessage", "iam:Pass?ole", "dynamodb:Get*Item", "s3", "a:b:c", "*"))
			}
			statements = append(statements, map[string]any{"Effect": pick("Allow", "Allow", "Deny"), pick("Action", "Action", "Action", "NotAction"): list, "Resource": "*"})
		}
		text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
		if err != nil {
			t.Fatal(err)
		}
		doc, _ := Parse(text, Identity)
		if doc == nil {
			t.Fatalf("%s does not parse", text)
		}
		p, err := NewProber(Set{Identity: []Part{{Name: "identity", Document: doc}}}, NewBudget(1e6), NewBudget(1e6))
		if err != nil {
			t.Fatal(err)
		}
		for _, action := range asked {
			at := p.Granting(action)
			if covered := p.action(action).granting; covered != at {
				t.Fatalf("%s\n%s: it is granted: %v, and at once: %v", text, action, covered, at)
			}
			counts[at]++
		}
	}
	if counts[true] < 1000 || counts[false] < 1000 {
		t.Errorf("the draw is lopsided: %v", counts)
	}
}
