/** Deutsch. */

export const de: Readonly<Record<string, string>> = {
  "orders: already paid":
    "Dieser Zahler hat diese Bestellung schon bezahlt; nichts wurde noch einmal abgebucht",
  "orders: number too large": "Bestellnummern enden bei 2**256 - 1",
  "currency: nothing paid": "Der Betrag muss größer als null sein",
  "currency: wrong amount": "Schicken Sie genau den Betrag in der Währung der Chain mit",
  "currency: not native":
    "Dieses EMC rechnet in einem Token; schicken Sie keine Währung der Chain mit",
  "currency: nothing received": "Das Token hat nichts bewegt: Prüfen Sie Guthaben und Freigabe",
  "currency: refused": "Das Token hat die Überweisung abgelehnt",
  "currency: too little gas": "Erhöhen Sie das Gaslimit",
  "emc: no such row": "Nennen Sie eine Zeile, die in den geltenden Bedingungen steht",
  "emc: row is missing":
    "Jede Zeile, die geht, muss genannt werden, in der Reihenfolge der geltenden Bedingungen",
  "emc: row id used before": "Eine neue Zeile braucht eine Nummer, die dieses EMC nie hatte",
  "emc: not active": "Warten Sie, bis alle Knoten zugestimmt haben",
  "emc: not started": "Warten Sie auf den Beginn, der in den Bedingungen steht",
  "emc: over":
    "Das Enddatum ist vorbei; kein Verkauf wird mehr angenommen und keine Bedingung ändert sich mehr",
  "emc: proceeds too large": "Die gesamten Erlöse bleiben unter 2**95 Basiseinheiten",
  "emc: too little gas":
    "Erhöhen Sie das Gaslimit: Jede Auszahlung muss 100.000 verbrauchen können",
  "emc: to be ended first": "Das Enddatum ist vorbei: Beenden Sie zuerst das EMC",
  "emc: nothing to absorb": "Alles hier ist verbucht",
  "emc: not over yet": "Warten Sie auf das Enddatum, oder auf das Ziel, falls es das EMC beendet",
  "emc: a value is open":
    "Lassen Sie zuerst den offenen Wert des Ziels endgültig werden oder verwerfen",
  "emc: already ended": "Es kann nur einmal enden",
  "creditors: no credit": "Für diese Zeile wartet nichts, oder das Tor hält es noch zurück",
  "pages: amount too large": "Beträge bleiben unter 2**96 Basiseinheiten",
  "signatures: not the signer":
    "Das jetzige Konto der Zeile muss genau diese Bedingungen unterschreiben",
  "signatures: too little gas":
    "Erhöhen Sie das Gaslimit, oder lassen Sie Wallets, die Verträge sind, auf der Chain zustimmen",
  "consent: deadline is over": "Die Frist des Ziels ist vorbei: Einigen Sie sich auf eine spätere",
  "consent: signature missing": "Alle Knoten müssen unterschreiben oder auf der Chain zustimmen",
  "consent: not asked": "Unterschriften stehen in der Reihenfolge der Zeilen, nur von Knoten",
  "members: not the terms in force":
    "Es gelten inzwischen andere Bedingungen: Lesen Sie noch einmal",
  "members: not active": "Das EMC ist beendet",
  "members: no such row": "Die Tabelle ist kürzer",
  "members: not the controller": "Nur wer für die Zeile spricht, darf das",
  "members: not a node": "Zeilen ohne Stimme stimmen nicht ab",
  "members: unknown ME": "Tragen Sie das Kleinstunternehmen zuerst ein",
  "members: payee cannot be paid": "Nennen Sie einen Empfänger außerhalb des Systems, nicht null",
  "members: backstop is a node's":
    "Die Auffangadresse darf weder Konto noch Empfänger eines Knotens sein",
  "members: below the bar": "Ein Knoten erreicht den verlangten Ruf nicht",
  "votes: not the signer": "Eine Zeile ohne Unterschrift muss ihr eigenes Konto selbst senden",
  "votes: signature expired": "Unterschreiben Sie noch einmal mit späterer Frist",
  "changes: not a share per row": "Jede Zeile der Tabelle braucht ihre Anteile",
  "changes: not shares": "Ein Wort der Anteile enthält Basis, Führend und Mehr, sonst nichts",
  "changes: share outside bounds":
    "Anteile bleiben in den Grenzen; nur die übernehmende Zeile darf behalten, was sie übernahm",
  "changes: shares are not one": "Die Anteile ergeben in jeder Stufe genau 100 %",
  "changes: nothing changes": "Die neuen Bedingungen sind die geltenden",
  "changes: expires too early": "Der Vorschlag muss länger leben als die Zeit für Widerspruch",
  "changes: too soon": "Warten Sie die Mindestzeit zwischen zwei Änderungen ab",
  "changes: not proposed": "Die Bedingungen geben Zeit für Widerspruch: Eröffnen Sie sie zuerst",
  "changes: window is open": "Warten Sie, bis die Zeit für Widerspruch um ist",
  "changes: proposal expired": "Schlagen Sie es neu vor",
  "changes: objected":
    "Mehr Knoten haben widersprochen als erlaubt: Einigen Sie sich auf andere Anteile",
  "changes: not asked":
    "Eine Unterschrift ist von einer Zeile ohne Stimme oder nicht in der Reihenfolge",
  "changes: quorum not reached": "Sammeln Sie Unterschriften oder Zustimmungen weiterer Knoten",
  "changes: signature missing":
    "Alle Knoten, alte wie neue, müssen unterschreiben, auch wer ging und wartet",
  "changes: currency is for life":
    "Behalten Sie die Währung; für eine andere gründen Sie ein neues EMC",
  "changes: review is for life":
    "Behalten Sie die Fristen der Bewertung: Auch wer ging, wird danach bewertet",
  "changes: too many leave at once": "Höchstens 30 Zeilen dürfen durch eine Änderung gehen",
  "changes: row of another party":
    "Eine Zeile bleibt bei ihrer Partei: Geben Sie einer anderen eine neue Nummer",
  "conduct: no such EMC": "Nennen Sie ein EMC, das Consent gemacht hat",
  "conduct: no such node": "Nennen Sie die Zeile eines Knotens der geltenden Bedingungen",
  "conduct: has not left":
    "Die Zeile steht in den geltenden Bedingungen: Ändern Sie ihren Empfänger dort",
  "conduct: notice given already":
    "Warten Sie das Ende der Kündigungsfrist ab, dann können Sie gehen",
  "conduct: no notice": "Der Knoten hat nicht gekündigt",
  "conduct: notice is not over": "Warten Sie die Kündigungsfrist der Bedingungen ab",
  "conduct: own row": "Werfen Sie es einem anderen Knoten vor; um zu gehen, kündigen Sie",
  "conduct: no clause cited": "Nennen Sie die verletzte Klausel",
  "conduct: no charge": "Kein Vorwurf wegen dieser Klausel steht, oder Sie haben ihn nicht erhoben",
  "conduct: cure is not over": "Warten Sie die Zeit zur Abhilfe ab",
  "conduct: charge is too old": "Erheben Sie den Vorwurf neu: Er hält 90 Tage nach der Abhilfe",
  "conduct: not asked":
    "Eine Unterschrift ist von einer Zeile ohne Stimme oder nicht in der Reihenfolge",
  "conduct: quorum not reached":
    "Sammeln Sie das Wort weiterer Knoten, mindestens zweier zum Ausschluss",
  "conduct: signature missing":
    "Alle müssen unterschreiben, auch wer ging und wartet, außer das Ziel ist verfehlt",
  "conduct: no node agrees": "Mindestens ein Knoten muss unterschreiben oder zustimmen",
  "conduct: nobody would be left": "Der letzte Knoten kann nicht gehen: Lösen Sie stattdessen auf",
  "goals: proceeds count themselves": "Das Ziel sind Erlöse: Nichts ist einzureichen",
  "goals: not the assessor": "Nur der Prüfer der Bedingungen reicht ein",
  "goals: too late":
    "Werte werden bis zur Frist und ihrer Nachfrist eingereicht, oder solange andere nach einem spät verworfenen dran sind",
  "goals: amount too large": "Werte bleiben unter 2**95",
  "goals: for others only": "Ein Wert dieser Zeile wurde spät verworfen: Jetzt sind andere dran",
  "goals: deadline is over": "Andere haben sich darauf verlassen: Nach der Frist bleibt ein Wert",
  "goals: measured too late": "Messen Sie zu einer vergangenen Zeit, nicht nach der Frist",
  "goals: older than the last value": "Messen Sie zu einer Zeit nach dem letzten endgültigen Wert",
  "goals: one value at a time":
    "Lassen Sie den offenen Wert zuerst endgültig werden, oder nehmen Sie ihn zurück",
  "goals: no open value": "Von diesem wartet kein Wert",
  "goals: not the submitter": "Nur das jetzige Konto der Zeile nimmt einen Wert zurück",
  "goals: final already": "Seine Frist ist um: Er kann nur noch gezählt werden",
  "goals: may still be counted":
    "Verwerfen Sie ihn 30 Tage, nachdem er endgültig ist; bis dahin zählen Sie ihn",
  "goals: own value": "Nehmen Sie Ihren eigenen Wert stattdessen zurück",
  "goals: window is open":
    "Warten Sie das Ende der Frist ab, oder lassen Sie alle Knoten unterschreiben",
  "goals: not missed":
    "Die Frist läuft noch, ein Wert ist offen oder kann kommen, der einzige andere Knoten hat einen verworfen, oder das Ziel wurde erreicht",
  "goals: no such report": "Nennen Sie die Nummer eines Berichts dieses EMC",
  "goals: own report": "Ein anderer Knoten muss gegenzeichnen",
  "reviews: not the terms in force": "Nötig ist die Tabelle, die am Ende des EMC galt",
  "reviews: already open": "Die Bewertung dieses EMC hat begonnen",
  "reviews: not ended": "Nur ein beendetes EMC wird bewertet",
  "reviews: no proceeds": "Nur ein EMC, das Geld bewegt hat, wird bewertet",
  "reviews: not the members": "Die Liste der Mitglieder ist nicht die veröffentlichte",
  "reviews: no such member": "Die Liste der Mitglieder ist kürzer",
  "reviews: not the member": "Nur das jetzige Konto des Mitglieds darf das",
  "reviews: not time to commit": "Die Zeit zum Festlegen ist um, oder alle haben festgelegt",
  "reviews: no commitment": "Legen Sie zuerst den Hash Ihrer Bewertungen fest",
  "reviews: already revealed": "Aufgedeckt wird einmal, und es bleibt",
  "reviews: not time to reveal":
    "Warten Sie, bis die Zeit zum Festlegen um ist; zu spät gilt als verweigert",
  "reviews: not as committed": "Bewertungen und Salz müssen die festgelegten sein",
  "reviews: wrong length": "Zwei Bytes für jedes Mitglied",
  "reviews: above five stars": "Geben Sie 1 bis 5 Sterne, oder 0 für keine Meinung",
  "reviews: own place": "Geben Sie sich selbst keine Sterne",
  "reviews: were not there together": "Bewerten Sie, wer zur selben Zeit da war",
  "reviews: not closed": "Warten Sie, bis alle aufgedeckt haben oder die Zeit um ist",
  "terms: unknown version": "Version 1",
  "terms: unknown kind": "1 EXPERIENCE, 2 SOLUTION",
  "terms: no canvas": "Der Hash des Canvas fehlt",
  "terms: currency has no code":
    "Nennen Sie einen Tokenvertrag, oder null für die Währung der Chain",
  "terms: unknown gate": "0 keins, 1 Vergleichsmarke, 2 Ziel",
  "terms: target below benchmark": "Das Ziel liegt über dem Durchschnitt der Branche",
  "terms: amount too large": "Beträge bleiben unter 2**95 Basiseinheiten",
  "terms: deadline before start": "Die Frist des Ziels liegt nach dem Beginn",
  "terms: deadline after end":
    "Die Frist des Ziels liegt nicht nach dem Ende, bei gemessenen Zielen auch Nachfrist und zwei Fenster",
  "terms: already over": "Das Ende muss in der Zukunft liegen",
  "terms: end too far": "Zeiten bleiben unter 2**40",
  "terms: no time to dispute": "Wo jeder Knoten messen darf, braucht es Zeit für Widerspruch",
  "terms: part above one": "Teile sind höchstens 100 %",
  "terms: review time impossible":
    "Ein Tag bis ein Jahr zum Festlegen und zum Aufdecken, oder 0 für beides",
  "terms: time span too long": "Zeitspannen bleiben unter 2**32 Sekunden",
  "terms: bar without registry": "Nennen Sie das Register, das gefragt wird",
  "terms: registry has no code": "Nennen Sie den Vertrag des Registers",
  "terms: quorum impossible": "Ein Quorum liegt über 0 und ist höchstens 100 %",
  "terms: row id is not its place": "Zeilen sind von 0 an nach der Tabelle nummeriert",
  "terms: row id twice": "Zeilennummern sind kleiner als 128 und einmalig",
  "terms: spare bits are set": "Unbenutzte Bits einer Zeile sind null",
  "terms: node after beneficiary": "Knoten kommen zuerst",
  "terms: nodes not ascending": "Nach dem Anführer steigen die Knoten nach ME-Nummer",
  "terms: node twice": "Eine Zeile je Kleinstunternehmen",
  "terms: no controller": "Eine Zeile ohne Stimme braucht jemanden, der sie steuert",
  "terms: bound above one": "Grenzen sind höchstens 100 %",
  "terms: share outside bounds":
    "Anteile bleiben in den Grenzen; später darf die übernehmende Zeile darüber liegen",
  "terms: shares are not one": "Die Anteile ergeben in jeder Stufe genau 100 %",
  "terms: fewer than two nodes": "Eine Vereinbarung braucht zwei",
  "terms: no such sink": "Die übernehmende Zeile steht in der Tabelle",
  "terms: running cost takes all": "Laufende Kosten bleiben zusammen unter 100 %",
  "terms: costs above benchmark": "Die Kostendeckung muss bis zur Vergleichsmarke enden",
  "goals: no such measure": "Nennen Sie eine Messgröße des Ziels",
  "terms: measures not in order": "Messgrößen stehen aufsteigend nach dem Hash ihres Wortes, jede einmal",
  "terms: no measure": "Ein Ziel misst mindestens eine Größe",
  "me: not registered": "Melden Sie das Konto erst als ME an",
  "me: account in use": "Das Konto gehört schon zu einer ME",
  "me: account not offered": "Das Konto der ME muss es erst anbieten",
  "me: unknown kind": "1 USER, 2 NODE, 3 SSP, 4 EXTERNAL",
  "me: unknown category": "0 keine, 1 TRANSFORMING, 2 INCUBATING",
  "calls: not registered": "Melden Sie das Konto erst als ME an",
  "calls: no such call": "Ausschreibungen sind ab 1 gezählt",
  "calls: not the leader":
    "Nur die ME, die ausgeschrieben hat, darf das, mit ihrem jetzigen Konto",
  "calls: closed": "Alle Plätze sind vergeben, oder es wurde aufgegeben",
  "calls: bidding is over": "Die Zeit zu bieten ist vorbei",
  "calls: already over": "Der letzte Augenblick zu bieten muss noch kommen",
  "calls: not the time to award":
    "Warten Sie, bis nicht mehr geboten und nichts mehr geöffnet werden kann",
  "calls: no open bid":
    "Die ME hat nicht geboten, es zurückgenommen oder schon eine Antwort; oder ihr Gebot ist versiegelt",
  "calls: not that bid": "Das Gebot ist inzwischen ein anderes: Lesen Sie es neu",
  "calls: own call": "Eine andere ME muss bieten",
  "calls: declined": "Das Gebot dieser ME wurde hier abgelehnt",
  "calls: bids are sealed": "Versiegeln Sie erst, und öffnen Sie nach der Zeit zu bieten",
  "calls: bids are open": "Bieten Sie offen: Hier wird nichts versiegelt",
  "calls: no commitment": "Versiegelt wird der Hash von Anteil, Dokument und Salz",
  "calls: not the time to open bids":
    "Siegel werden nach der Zeit zu bieten geöffnet, solange dafür Zeit ist",
  "calls: no sealed bid":
    "Nichts wurde versiegelt, oder es ist schon offen oder zurückgenommen",
  "calls: not what was sealed": "Anteil, Dokument und Salz müssen die versiegelten sein",
  "calls: share outside bounds": "Der Anteil liegt außerhalb dessen, was ausgeschrieben ist",
  "calls: no document": "Nennen Sie das Dokument mit seinem Hash",
  "calls: below the bar": "Der Ruf dieses ME reicht für diese Ausschreibung nicht",
  "calls: nothing to withdraw": "Es gibt kein Gebot, oder es wurde beantwortet",
  "checkout: not an EMC": "Nennen Sie ein EMC, das Consent dieses Systems gemacht hat",
  "checkout: EMC is over": "Das Ende ist vorbei: Es wird nichts mehr verkauft",
  "checkout: due after the end": "Kürzen Sie die Zeit zur Rückgabe: Sie endet vor dem EMC",
  "checkout: due too late": "Eine Bestellung wartet höchstens 400 Tage",
  "checkout: amount too large": "Beträge bleiben unter 2**95 Basiseinheiten",
  "checkout: nothing paid": "Der Betrag muss größer als null sein",
  "checkout: order exists":
    "Dieser Käufer hat unter diesem Zeichen schon bezahlt; nichts wurde noch einmal abgebucht",
  "checkout: not all arrived":
    "Ein Token, das von Überweisungen etwas einbehält, geht hier nicht",
  "checkout: not the buyer": "Das darf nur der Käufer der Bestellung",
  "checkout: does not wait": "Sie wurde nie bezahlt, ist gebucht oder ging ganz zurück",
  "checkout: not the cashier":
    "Das darf nur die Kasse der Bestellung, und bevor sie fällig ist",
  "checkout: not an amount each":
    "Nennen Sie für jede Bestellung einen Betrag, oder gar keinen",
  "checkout: nothing to give back":
    "Keine dieser Bestellungen wartet noch vor ihrer Fälligkeit",
  "checkout: not part of what waits":
    "Geben Sie mehr als nichts zurück und höchstens, was wartet",
  "checkout: nothing due": "Keine dieser Bestellungen wartet und ist fällig",
  "checkout: to be ended first": "Das Ende des EMC ist vorbei: Erst muss es beendet werden",
  "checkout: gate stayed closed":
    "Das EMC ist gescheitert: Jeder kann die Bestellung zurückgehen lassen",
  "checkout: not booked": "Erstattet wird nur, was gebucht ist",
  "checkout: more than was booked":
    "Alle Erstattungen zusammen sind höchstens, was gebucht wurde",
  "checkout: no credit": "Für diesen Käufer wartet in dieser Währung nichts",
  "authorizations: not a token": "Dieses EMC rechnet in der Währung der Chain: Bezahlen Sie damit",
  "authorizations: refused":
    "Das Token hat die Ermächtigung nicht genommen: Bezahlen Sie mit einer Freigabe",
  "authorizations: nothing received":
    "Das Token kann das nicht: Bezahlen Sie mit einer Freigabe",
};
