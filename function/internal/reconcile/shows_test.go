package reconcile_test

import (
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
)

// A record whose text is not what the role has brought about nothing that is there now, however much it touched the part.
func TestARecordOfAnotherTextIsNotBlamed(t *testing.T) {
	for text, blamed := range map[string]bool{"harmless": false, "everything": true} {
		l := newLab(t)
		l.users = []string{"checkout"}
		l.decide()
		l.record("iam", "PutRolePolicy", "all", text)
		l.now = l.now.Add(6 * time.Minute) // No read is that late.
		l.inline["all"] = "everything"
		d := l.decide()
		if d.Outcome != reconcile.Reported || len(d.Transitions) == 0 {
			t.Fatalf("%s: %s", text, d.Outcome)
		}
		for _, one := range d.Transitions {
			if one.Finding.Check == "RW301" && (one.Finding.Cause != nil) != blamed {
				t.Errorf("a record of the text %s: cause %+v", text, one.Finding.Cause)
			}
		}
	}
}

// A work item carries no document, and what it means all the same: IAM gives the document back in another form, and the record is still
// the one to blame.
func TestAWorkItemCarriesWhatADocumentMeans(t *testing.T) {
	l := newLab(t)
	l.users = []string{"checkout"}
	l.decide()
	l.now = l.now.Add(time.Hour)
	l.record("iam", "UpdateAssumeRolePolicy", "", "ec2")
	sealed := reconcile.Sealed(l.changes)
	if sealed[0].Canonical == "" || sealed[0].Hash == "" || l.changes[0].Canonical != "" {
		t.Fatalf("sealed %+v", sealed[0])
	}
	text, err := json.Marshal(sealed)
	if err != nil {
		t.Fatal(err)
	}
	var carried []reconcile.Change
	if err := json.Unmarshal(text, &carried); err != nil {
		t.Fatal(err)
	}
	// IAM wrote the document anew: its text, and so its hash, is another one.
	documents["ec2-rewritten"] = `{"Statement":[{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com"]}}],"Version":"2012-10-17"}`
	t.Cleanup(func() { delete(documents, "ec2-rewritten") })
	l.changes, l.trust = carried, "ec2-rewritten"
	l.decide()
	l.now = l.now.Add(2 * settle)
	d := l.decide()
	for _, one := range d.Transitions {
		if one.Finding.Check == "RW102" {
			if c := one.Finding.Cause; c == nil || c.EventID != "e1" || c.Certainty != finding.Certain {
				t.Errorf("cause %+v", c)
			}
			return
		}
	}
	t.Errorf("nothing was reported: %+v", d.Transitions)
}
