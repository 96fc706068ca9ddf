package events

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/externaldata"
)

// Every genuine record is a change or not listed; none is malformed.
func TestGenuineRecords(t *testing.T) {
	changes, others := 0, 0
	err := filepath.WalkDir(externaldata.Path(t, "cloudtrail"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		agree(t, body)
		c, err := Parse(body)
		switch {
		case errors.Is(err, ErrNotListed):
			others++
			t.Logf("%s: %v", d.Name(), err)
		case err != nil:
			t.Errorf("%s: %v", path, err)
		default:
			changes++
			checkGenuine(t, d.Name(), c)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d changes, %d not listed", changes, others)
	if changes == 0 || others == 0 {
		t.Errorf("want records of both sorts")
	}
}

// checkGenuine holds a record to its file's name, and one of a call that succeeded to its subject.
func checkGenuine(t *testing.T, file string, c *Change) {
	t.Helper()
	if !strings.Contains(file, c.Name) || c.ID == "" || c.Account == "" || c.Actor.Name == "" || c.Time.IsZero() {
		t.Errorf("%s: %+v", file, c)
	}
	if c.Event.Name == "UpdateAssumeRolePolicy" && c.Document == nil || c.Event.Name == "CreateRole" && c.Role.Created.Sub(c.Time).Abs() > 1e9 {
		t.Errorf("%s: document %v, created %v", file, c.Document, c.Role.Created)
	}
	if !c.Failed() && c.Event.Subject == SubjectFunction && (c.Function.ARN == "" || c.Event.Config && c.Role.ARN == "") {
		t.Errorf("%s: function %+v, role %+v", file, c.Function, c.Role)
	}
	if c.Failed() && c.Event.Subject == SubjectRole && c.Role.IsZero() || c.Failed() && c.Event.Subject == SubjectPolicy && c.Policy.ARN == "" {
		t.Errorf("%s: %q names nothing", file, c.ErrorMessage)
	}
}
