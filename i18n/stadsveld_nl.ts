<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="nl_NL" sourcelanguage="en">
  <context>
    <name>@default</name>
    <message>
      <source>A new identity (UUID).</source>
      <translation>Een nieuwe identiteit (UUID).</translation>
    </message>
    <message>
      <source>A store on this computer, not shared.</source>
      <translation>Een bestand op deze computer, niet gedeeld.</translation>
    </message>
    <message>
      <source>About the dataset</source>
      <translation>Over de dataset</translation>
    </message>
    <message>
      <source>Add all layers</source>
      <translation>Alle lagen toevoegen</translation>
    </message>
    <message>
      <source>Address</source>
      <translation>Adres</translation>
    </message>
    <message>
      <source>Address of the first photo of an object.</source>
      <translation>Adres van de eerste foto van een object.</translation>
    </message>
    <message>
      <source>An instant in Dutch time.</source>
      <translation>Een tijdstip in Nederlandse tijd.</translation>
    </message>
    <message>
      <source>Area</source>
      <translation>Oppervlakte</translation>
    </message>
    <message>
      <source>Area {n}</source>
      <translation>Gebied {n}</translation>
    </message>
    <message>
      <source>Authentication on the way to the central store</source>
      <translation>Authenticatie naar de centrale opslag</translation>
    </message>
    <message>
      <source>BGT delivery</source>
      <translation>BGT-levering</translation>
    </message>
    <message>
      <source>BGT delivery (zip)</source>
      <translation>BGT-levering (zip)</translation>
    </message>
    <message>
      <source>BGT ids that are not in the store</source>
      <translation>BGT-id’s die niet in het bestand staan</translation>
    </message>
    <message>
      <source>Base map (BGT)</source>
      <translation>Basiskaart (BGT)</translation>
    </message>
    <message>
      <source>Being recomputed…</source>
      <translation>Wordt herberekend…</translation>
    </message>
    <message>
      <source>Cancel</source>
      <translation>Annuleren</translation>
    </message>
    <message>
      <source>Cancelled; nothing was changed.</source>
      <translation>Geannuleerd; er is niets gewijzigd.</translation>
    </message>
    <message>
      <source>Care score, apart from the condition: %1</source>
      <translation>Verzorgingsscore, los van de conditie: %1</translation>
    </message>
    <message>
      <source>Changes received</source>
      <translation>Wijzigingen ontvangen</translation>
    </message>
    <message>
      <source>Changes refused</source>
      <translation>Wijzigingen geweigerd</translation>
    </message>
    <message>
      <source>Changes sent</source>
      <translation>Wijzigingen verstuurd</translation>
    </message>
    <message>
      <source>Choose a register of the municipality. Its numbers stay the names of the objects; importing a newer edition updates them. Columns are recognised by their names and remembered.</source>
      <translation>Kies een register van de gemeente. De nummers daaruit blijven de namen van de objecten; een nieuwere uitgave werkt ze bij. Kolommen worden aan hun naam herkend en onthouden.</translation>
    </message>
    <message>
      <source>Choose the zip with GML files that PDOK delivers. Only what is valid on the chosen date is stored; the report accounts for every object.</source>
      <translation>Kies de zip met GML-bestanden die PDOK levert. Alleen wat op de gekozen datum geldt wordt opgeslagen; het verslag verantwoordt elk object.</translation>
    </message>
    <message>
      <source>Click a sensor on the map, or an object that is measured.</source>
      <translation>Klik op de kaart op een sensor of op een object waaraan wordt gemeten.</translation>
    </message>
    <message>
      <source>Click the corners on the map. Right-click or Enter finishes, Backspace takes back.</source>
      <translation>Klik de hoekpunten op de kaart. Rechtsklik of Enter sluit af, Backspace neemt terug.</translation>
    </message>
    <message>
      <source>Click the next corner</source>
      <translation>Klik het volgende hoekpunt</translation>
    </message>
    <message>
      <source>Close</source>
      <translation>Sluiten</translation>
    </message>
    <message>
      <source>Close store</source>
      <translation>Bestand sluiten</translation>
    </message>
    <message>
      <source>Close the explanation</source>
      <translation>Uitleg sluiten</translation>
    </message>
    <message>
      <source>Closure check</source>
      <translation>Sluitingscontrole</translation>
    </message>
    <message>
      <source>Code</source>
      <translation>Code</translation>
    </message>
    <message>
      <source>Code for a device</source>
      <translation>Code voor een apparaat</translation>
    </message>
    <message>
      <source>Code for {name}</source>
      <translation>Code voor {name}</translation>
    </message>
    <message>
      <source>Columns</source>
      <translation>Kolommen</translation>
    </message>
    <message>
      <source>Compare the same observations under another norm or edition</source>
      <translation>Dezelfde waarnemingen vergelijken volgens een andere norm of uitgave</translation>
    </message>
    <message>
      <source>Compare: %1</source>
      <translation>Vergelijk: %1</translation>
    </message>
    <message>
      <source>Comparison of areas</source>
      <translation>Vergelijking van gebieden</translation>
    </message>
    <message>
      <source>Condition</source>
      <translation>Conditie</translation>
    </message>
    <message>
      <source>Condition score</source>
      <translation>Conditiescore</translation>
    </message>
    <message>
      <source>Connect</source>
      <translation>Verbinden</translation>
    </message>
    <message>
      <source>Connect to a central store</source>
      <translation>Verbinden met een centrale opslag</translation>
    </message>
    <message>
      <source>Connect to a central store…</source>
      <translation>Verbinden met een centrale opslag…</translation>
    </message>
    <message>
      <source>Connected to {url}.</source>
      <translation>Verbonden met {url}.</translation>
    </message>
    <message>
      <source>Connecting to {url}</source>
      <translation>Verbinden met {url}</translation>
    </message>
    <message>
      <source>Copy</source>
      <translation>Kopiëren</translation>
    </message>
    <message>
      <source>Copy the figures with their explanations as text</source>
      <translation>Cijfers met uitleg kopiëren als tekst</translation>
    </message>
    <message>
      <source>Count again</source>
      <translation>Opnieuw tellen</translation>
    </message>
    <message>
      <source>Data quality, whole series</source>
      <translation>Datakwaliteit, hele reeks</translation>
    </message>
    <message>
      <source>Dataset</source>
      <translation>Dataset</translation>
    </message>
    <message>
      <source>Datasets</source>
      <translation>Datasets</translation>
    </message>
    <message>
      <source>Designs</source>
      <translation>Ontwerpen</translation>
    </message>
    <message>
      <source>Devices</source>
      <translation>Apparaten</translation>
    </message>
    <message>
      <source>Devices…</source>
      <translation>Apparaten…</translation>
    </message>
    <message>
      <source>Double-click a layer or a group to add it to the project.</source>
      <translation>Dubbelklik op een laag of groep om die aan het project toe te voegen.</translation>
    </message>
    <message>
      <source>Draw an area</source>
      <translation>Gebied tekenen</translation>
    </message>
    <message>
      <source>Draw an area on the map to see what it consists of.</source>
      <translation>Teken een gebied op de kaart om te zien waaruit het bestaat.</translation>
    </message>
    <message>
      <source>Due</source>
      <translation>Uiterlijk</translation>
    </message>
    <message>
      <source>Edition</source>
      <translation>Uitgave</translation>
    </message>
    <message>
      <source>Ending a device</source>
      <translation>Apparaat beëindigen</translation>
    </message>
    <message>
      <source>Enrol a device</source>
      <translation>Apparaat aanmelden</translation>
    </message>
    <message>
      <source>Enrol a device…</source>
      <translation>Apparaat aanmelden…</translation>
    </message>
    <message>
      <source>Enrolled</source>
      <translation>Aangemeld</translation>
    </message>
    <message>
      <source>Enter address and code in the field app; the QR code holds both. It works once, for two days.</source>
      <translation>Vul adres en code in de veldapp in; de QR-code bevat beide. Hij werkt één keer, twee dagen lang.</translation>
    </message>
    <message>
      <source>Enter the address and the one-time code that the administrator of the central store gave you.</source>
      <translation>Vul het adres en de eenmalige code in die je van de beheerder van de centrale opslag kreeg.</translation>
    </message>
    <message>
      <source>Explanation</source>
      <translation>Uitleg</translation>
    </message>
    <message>
      <source>Explanation of {title}</source>
      <translation>Uitleg van {title}</translation>
    </message>
    <message>
      <source>Export</source>
      <translation>Exporteren</translation>
    </message>
    <message>
      <source>Export of results</source>
      <translation>Export van resultaten</translation>
    </message>
    <message>
      <source>Export results</source>
      <translation>Resultaten exporteren</translation>
    </message>
    <message>
      <source>Export results…</source>
      <translation>Resultaten exporteren…</translation>
    </message>
    <message>
      <source>Export the figures</source>
      <translation>Cijfers exporteren</translation>
    </message>
    <message>
      <source>Export…</source>
      <translation>Exporteren…</translation>
    </message>
    <message>
      <source>Extent</source>
      <translation>Omvang</translation>
    </message>
    <message>
      <source>File</source>
      <translation>Bestand</translation>
    </message>
    <message>
      <source>Find the file…</source>
      <translation>Bestand zoeken…</translation>
    </message>
    <message>
      <source>Find {file}</source>
      <translation>{file} zoeken</translation>
    </message>
    <message>
      <source>GIS specialist: changes everything</source>
      <translation>GIS-specialist: mag alles wijzigen</translation>
    </message>
    <message>
      <source>GSI</source>
      <translation>GSI</translation>
    </message>
    <message>
      <source>Gap (m²)</source>
      <translation>Gat (m²)</translation>
    </message>
    <message>
      <source>General</source>
      <translation>Algemeen</translation>
    </message>
    <message>
      <source>Holds</source>
      <translation>Bevat</translation>
    </message>
    <message>
      <source>Identity</source>
      <translation>Identiteit</translation>
    </message>
    <message>
      <source>Import</source>
      <translation>Importeren</translation>
    </message>
    <message>
      <source>Import a register</source>
      <translation>Register importeren</translation>
    </message>
    <message>
      <source>Import a register…</source>
      <translation>Register importeren…</translation>
    </message>
    <message>
      <source>Import of a register</source>
      <translation>Import van een register</translation>
    </message>
    <message>
      <source>Import of the BGT</source>
      <translation>Import van de BGT</translation>
    </message>
    <message>
      <source>Import of {file}</source>
      <translation>Import van {file}</translation>
    </message>
    <message>
      <source>Import the BGT</source>
      <translation>BGT importeren</translation>
    </message>
    <message>
      <source>Import the BGT…</source>
      <translation>BGT importeren…</translation>
    </message>
    <message>
      <source>Importance</source>
      <translation>Belang</translation>
    </message>
    <message>
      <source>Imports a BGT delivery of PDOK (zip of GML files): only what is valid on the date, every object accounted for, with a closure check of overlap and gap in square metres.</source>
      <translation>Importeert een BGT-levering van PDOK (zip met GML-bestanden): alleen wat op de datum geldt, elk object verantwoord, met een sluitingscontrole van overlap en gat in vierkante meters.</translation>
    </message>
    <message>
      <source>Imports road sections, structures or sensors from CSV, XLSX, GeoPackage or Shapefile. A repeated import updates and ends objects by their number.</source>
      <translation>Importeert wegvakonderdelen, kunstwerken of sensoren uit CSV, XLSX, GeoPackage of Shapefile. Een herhaalde import werkt objecten bij en beëindigt ze op nummer.</translation>
    </message>
    <message>
      <source>Indicator</source>
      <translation>Indicator</translation>
    </message>
    <message>
      <source>Inspected</source>
      <translation>Geïnspecteerd</translation>
    </message>
    <message>
      <source>Inspection</source>
      <translation>Inspectie</translation>
    </message>
    <message>
      <source>Inspections</source>
      <translation>Inspecties</translation>
    </message>
    <message>
      <source>Keep</source>
      <translation>Bewaren</translation>
    </message>
    <message>
      <source>Keep this area in the store, to compare others with it</source>
      <translation>Bewaar dit gebied in het bestand om andere ermee te vergelijken</translation>
    </message>
    <message>
      <source>Last seen</source>
      <translation>Laatst gezien</translation>
    </message>
    <message>
      <source>Layer</source>
      <translation>Laag</translation>
    </message>
    <message>
      <source>Layers of the store</source>
      <translation>Lagen van het bestand</translation>
    </message>
    <message>
      <source>List of devices</source>
      <translation>Lijst van apparaten</translation>
    </message>
    <message>
      <source>Make a code</source>
      <translation>Code maken</translation>
    </message>
    <message>
      <source>Make a new working copy in this file</source>
      <translation>Maak een nieuwe werkkopie in dit bestand</translation>
    </message>
    <message>
      <source>Make or open a store first.</source>
      <translation>Maak of open eerst een bestand.</translation>
    </message>
    <message>
      <source>Makes a road section of every road surface of the BGT, where there is no register of them.</source>
      <translation>Maakt van elk wegdeel van de BGT een wegvakonderdeel, als daar geen register van is.</translation>
    </message>
    <message>
      <source>Makes an empty Stadsveld store in a new SpatiaLite file, on a local disk.</source>
      <translation>Maakt een leeg Stadsveld-bestand in een nieuw SpatiaLite-bestand, op een lokale schijf.</translation>
    </message>
    <message>
      <source>Manual</source>
      <translation>Handleiding</translation>
    </message>
    <message>
      <source>Mark as lost</source>
      <translation>Als verloren melden</translation>
    </message>
    <message>
      <source>Mark {name} as lost? It is shut out at once; what it had not sent yet is not accepted any more.</source>
      <translation>{name} als verloren melden? Het apparaat wordt meteen buitengesloten; wat nog niet verstuurd was, wordt niet meer aangenomen.</translation>
    </message>
    <message>
      <source>Measure an area</source>
      <translation>Gebied meten</translation>
    </message>
    <message>
      <source>Measurement series</source>
      <translation>Meetreeks</translation>
    </message>
    <message>
      <source>Name</source>
      <translation>Naam</translation>
    </message>
    <message>
      <source>Name of the area</source>
      <translation>Naam van het gebied</translation>
    </message>
    <message>
      <source>Name of the device</source>
      <translation>Naam van het apparaat</translation>
    </message>
    <message>
      <source>Name of the register</source>
      <translation>Naam van het register</translation>
    </message>
    <message>
      <source>Name of this computer</source>
      <translation>Naam van deze computer</translation>
    </message>
    <message>
      <source>Name on inspections and changes</source>
      <translation>Naam bij inspecties en wijzigingen</translation>
    </message>
    <message>
      <source>New store</source>
      <translation>Nieuw bestand</translation>
    </message>
    <message>
      <source>New store…</source>
      <translation>Nieuw Stadsveld-bestand…</translation>
    </message>
    <message>
      <source>No data quality tests are set for this series.</source>
      <translation>Voor deze meetreeks zijn geen datakwaliteitstoetsen ingesteld.</translation>
    </message>
    <message>
      <source>No measurement series of this sensor is in the store.</source>
      <translation>Van deze sensor staat geen meetreeks in het bestand.</translation>
    </message>
    <message>
      <source>No readings</source>
      <translation>Geen metingen</translation>
    </message>
    <message>
      <source>No store is open.</source>
      <translation>Er is geen bestand open.</translation>
    </message>
    <message>
      <source>No store is open. Make a new one or open one from the Stadsveld menu.</source>
      <translation>Er is geen bestand open. Maak of open er een via het menu Stadsveld.</translation>
    </message>
    <message>
      <source>Norm to score under</source>
      <translation>Norm om mee te scoren</translation>
    </message>
    <message>
      <source>Not done.</source>
      <translation>Niet gedaan.</translation>
    </message>
    <message>
      <source>Nothing is measured here. Click a sensor or an object with one.</source>
      <translation>Hier wordt niets gemeten. Klik op een sensor of een object met een sensor.</translation>
    </message>
    <message>
      <source>Nothing waits to be sent.</source>
      <translation>Er wacht niets op versturen.</translation>
    </message>
    <message>
      <source>Nothing was refused.</source>
      <translation>Er is niets geweigerd.</translation>
    </message>
    <message>
      <source>Objects</source>
      <translation>Objecten</translation>
    </message>
    <message>
      <source>Objects imported</source>
      <translation>Objecten geïmporteerd</translation>
    </message>
    <message>
      <source>Objects stored</source>
      <translation>Objecten opgeslagen</translation>
    </message>
    <message>
      <source>Only this area</source>
      <translation>Alleen dit gebied</translation>
    </message>
    <message>
      <source>Open a store first.</source>
      <translation>Open eerst een bestand.</translation>
    </message>
    <message>
      <source>Open store</source>
      <translation>Bestand openen</translation>
    </message>
    <message>
      <source>Open store…</source>
      <translation>Stadsveld-bestand openen…</translation>
    </message>
    <message>
      <source>Open the last store when QGIS starts</source>
      <translation>Laatste bestand openen als QGIS start</translation>
    </message>
    <message>
      <source>Overlap (m²)</source>
      <translation>Overlap (m²)</translation>
    </message>
    <message>
      <source>Paved share</source>
      <translation>Verhard aandeel</translation>
    </message>
    <message>
      <source>Plot of the readings</source>
      <translation>Grafiek van de metingen</translation>
    </message>
    <message>
      <source>Position</source>
      <translation>Plaats</translation>
    </message>
    <message>
      <source>QGIS cannot read this file.</source>
      <translation>QGIS kan dit bestand niet lezen.</translation>
    </message>
    <message>
      <source>QR code to scan with the device</source>
      <translation>QR-code om met het apparaat te scannen</translation>
    </message>
    <message>
      <source>Reading the surroundings</source>
      <translation>De omgeving wordt gelezen</translation>
    </message>
    <message>
      <source>Recent stores</source>
      <translation>Recente bestanden</translation>
    </message>
    <message>
      <source>Record</source>
      <translation>Vastlegging</translation>
    </message>
    <message>
      <source>Refresh</source>
      <translation>Verversen</translation>
    </message>
    <message>
      <source>Refused</source>
      <translation>Geweigerd</translation>
    </message>
    <message>
      <source>Register</source>
      <translation>Register</translation>
    </message>
    <message>
      <source>Registers</source>
      <translation>Registers</translation>
    </message>
    <message>
      <source>Replacement value</source>
      <translation>Vervangingswaarde</translation>
    </message>
    <message>
      <source>Report (JSON)</source>
      <translation>Verslag (JSON)</translation>
    </message>
    <message>
      <source>Result</source>
      <translation>Resultaat</translation>
    </message>
    <message>
      <source>Retire</source>
      <translation>Uit gebruik nemen</translation>
    </message>
    <message>
      <source>Retire {name}? It may deliver once what it still has, and then no longer connects.</source>
      <translation>{name} uit gebruik nemen? Het apparaat mag nog één keer afleveren wat het heeft en krijgt daarna geen verbinding meer.</translation>
    </message>
    <message>
      <source>Road sections</source>
      <translation>Wegvakonderdelen</translation>
    </message>
    <message>
      <source>Road sections from the BGT</source>
      <translation>Wegvakonderdelen uit de BGT</translation>
    </message>
    <message>
      <source>Role</source>
      <translation>Rol</translation>
    </message>
    <message>
      <source>Row</source>
      <translation>Rij</translation>
    </message>
    <message>
      <source>Rows refused</source>
      <translation>Rijen geweigerd</translation>
    </message>
    <message>
      <source>Rows written</source>
      <translation>Rijen geschreven</translation>
    </message>
    <message>
      <source>Select a road section or a structure.</source>
      <translation>Selecteer een wegvakonderdeel of een kunstwerk.</translation>
    </message>
    <message>
      <source>Sends what was changed in a working copy and fetches what others changed.</source>
      <translation>Verstuurt wat in een werkkopie is gewijzigd en haalt op wat anderen wijzigden.</translation>
    </message>
    <message>
      <source>Sensors</source>
      <translation>Sensoren</translation>
    </message>
    <message>
      <source>Severity</source>
      <translation>Ernst</translation>
    </message>
    <message>
      <source>Share the open store; all it holds is sent</source>
      <translation>Deel het open bestand; alles wat erin staat wordt verstuurd</translation>
    </message>
    <message>
      <source>Sheet or layer</source>
      <translation>Blad of laag</translation>
    </message>
    <message>
      <source>Short name, for instance that of the municipality.</source>
      <translation>Korte naam, bijvoorbeeld die van de gemeente.</translation>
    </message>
    <message>
      <source>Show everything</source>
      <translation>Alles tonen</translation>
    </message>
    <message>
      <source>Show measurements</source>
      <translation>Metingen tonen</translation>
    </message>
    <message>
      <source>Show report</source>
      <translation>Verslag tonen</translation>
    </message>
    <message>
      <source>Something unexpected went wrong: {name}</source>
      <translation>Er ging iets onverwachts mis: {name}</translation>
    </message>
    <message>
      <source>Stadsveld datasets</source>
      <translation>Stadsveld-datasets</translation>
    </message>
    <message>
      <source>Stadsveld design</source>
      <translation>Stadsveld-ontwerp</translation>
    </message>
    <message>
      <source>Stadsveld measurements</source>
      <translation>Stadsveld-metingen</translation>
    </message>
    <message>
      <source>Stadsveld score and why</source>
      <translation>Stadsveld score en waarom</translation>
    </message>
    <message>
      <source>Stadsveld store</source>
      <translation>Stadsveld-bestand</translation>
    </message>
    <message>
      <source>State</source>
      <translation>Status</translation>
    </message>
    <message>
      <source>Status</source>
      <translation>Status</translation>
    </message>
    <message>
      <source>Structures</source>
      <translation>Kunstwerken</translation>
    </message>
    <message>
      <source>Synchronise</source>
      <translation>Synchroniseren</translation>
    </message>
    <message>
      <source>Synchronise with the central store</source>
      <translation>Synchroniseren met de centrale opslag</translation>
    </message>
    <message>
      <source>Synchronised</source>
      <translation>Gesynchroniseerd</translation>
    </message>
    <message>
      <source>Synchronised: {sent} changes sent, {received} received.</source>
      <translation>Gesynchroniseerd: {sent} wijzigingen verstuurd, {received} ontvangen.</translation>
    </message>
    <message>
      <source>Synchronising</source>
      <translation>Synchroniseren</translation>
    </message>
    <message>
      <source>Tasks</source>
      <translation>Taken</translation>
    </message>
    <message>
      <source>The central store at {url} cannot be reached: {reason}</source>
      <translation>De centrale opslag op {url} is niet bereikbaar: {reason}</translation>
    </message>
    <message>
      <source>The geometry cannot be calculated with: {reason}</source>
      <translation>Met de geometrie kan niet worden gerekend: {reason}</translation>
    </message>
    <message>
      <source>The geometry cannot be read.</source>
      <translation>De geometrie is niet te lezen.</translation>
    </message>
    <message>
      <source>The key of this working copy is not here; ask the administrator for a new code and connect again.</source>
      <translation>De sleutel van deze werkkopie is hier niet; vraag de beheerder een nieuwe code en verbind opnieuw.</translation>
    </message>
    <message>
      <source>The map tip of an object, as HTML.</source>
      <translation>De kaarttip van een object, als HTML.</translation>
    </message>
    <message>
      <source>The name of the inspector from the settings.</source>
      <translation>De naam van de inspecteur uit de instellingen.</translation>
    </message>
    <message>
      <source>The present instant in UTC.</source>
      <translation>Het huidige tijdstip in UTC.</translation>
    </message>
    <message>
      <source>The surfaces at ground level close.</source>
      <translation>De vlakken op maaiveld sluiten.</translation>
    </message>
    <message>
      <source>The surfaces at ground level do not close.</source>
      <translation>De vlakken op maaiveld sluiten niet.</translation>
    </message>
    <message>
      <source>These layers could not be opened: {names}</source>
      <translation>Deze lagen konden niet worden geopend: {names}</translation>
    </message>
    <message>
      <source>Trend of the good readings: {slope} (95 %: {low} to {high})</source>
      <translation>Trend van de goede metingen: {slope} (95 %: {low} tot {high})</translation>
    </message>
    <message>
      <source>Under the norm of its inspection</source>
      <translation>Volgens de norm van de inspectie</translation>
    </message>
    <message>
      <source>Unit</source>
      <translation>Eenheid</translation>
    </message>
    <message>
      <source>Valid on (yyyy-mm-dd)</source>
      <translation>Geldig op (jjjj-mm-dd)</translation>
    </message>
    <message>
      <source>Valid on a date in the past</source>
      <translation>Geldig op een datum in het verleden</translation>
    </message>
    <message>
      <source>Value</source>
      <translation>Waarde</translation>
    </message>
    <message>
      <source>Wait for the central store at most</source>
      <translation>Hoogstens wachten op de centrale opslag</translation>
    </message>
    <message>
      <source>Wheel: zoom. Drag: move. Double click: show everything.</source>
      <translation>Wiel: zoomen. Slepen: schuiven. Dubbelklik: alles tonen.</translation>
    </message>
    <message>
      <source>Where does this number come from?</source>
      <translation>Waar komt dit getal vandaan?</translation>
    </message>
    <message>
      <source>Working copy of {address}.</source>
      <translation>Werkkopie van {address}.</translation>
    </message>
    <message>
      <source>Worst element</source>
      <translation>Slechtste element</translation>
    </message>
    <message>
      <source>Worst element: %1</source>
      <translation>Slechtste element: %1</translation>
    </message>
    <message>
      <source>Write the figures of this and of the kept areas to a CSV file</source>
      <translation>Schrijf de cijfers van dit en de bewaarde gebieden naar een CSV-bestand</translation>
    </message>
    <message>
      <source>Writes the last inspection of every object under the municipality's own number.</source>
      <translation>Schrijft de laatste inspectie van elk object weg onder het eigen nummer van de gemeente.</translation>
    </message>
    <message>
      <source>Written: {file}</source>
      <translation>Geschreven: {file}</translation>
    </message>
    <message>
      <source>administrator: also manages devices</source>
      <translation>beheerder van de opslag: beheert ook apparaten</translation>
    </message>
    <message>
      <source>area checked (m²)</source>
      <translation>gecontroleerde oppervlakte (m²)</translation>
    </message>
    <message>
      <source>areas</source>
      <translation>gebieden</translation>
    </message>
    <message>
      <source>as remembered in the store</source>
      <translation>zoals onthouden in het bestand</translation>
    </message>
    <message>
      <source>changes and rows received</source>
      <translation>ontvangen wijzigingen en rijen</translation>
    </message>
    <message>
      <source>changes sent</source>
      <translation>verstuurde wijzigingen</translation>
    </message>
    <message>
      <source>class</source>
      <translation>klasse</translation>
    </message>
    <message>
      <source>code not used yet</source>
      <translation>code nog niet gebruikt</translation>
    </message>
    <message>
      <source>column</source>
      <translation>kolom</translation>
    </message>
    <message>
      <source>current</source>
      <translation>actueel</translation>
    </message>
    <message>
      <source>damage</source>
      <translation>schade</translation>
    </message>
    <message>
      <source>ended</source>
      <translation>beëindigd</translation>
    </message>
    <message>
      <source>field</source>
      <translation>veld</translation>
    </message>
    <message>
      <source>for instance: QGIS of the GIS department</source>
      <translation>bijvoorbeeld: QGIS van team Geo</translation>
    </message>
    <message>
      <source>for instance: phone of J. de Vries</source>
      <translation>bijvoorbeeld: telefoon van J. de Vries</translation>
    </message>
    <message>
      <source>gap (m²)</source>
      <translation>gat (m²)</translation>
    </message>
    <message>
      <source>good {n}</source>
      <translation>goed {n}</translation>
    </message>
    <message>
      <source>in use</source>
      <translation>in gebruik</translation>
    </message>
    <message>
      <source>inspector: records inspections</source>
      <translation>inspecteur: legt inspecties vast</translation>
    </message>
    <message>
      <source>invalid</source>
      <translation>ongeldig</translation>
    </message>
    <message>
      <source>links with the BGT, confirmed</source>
      <translation>koppelingen met de BGT, bevestigd</translation>
    </message>
    <message>
      <source>links with the BGT, proposed</source>
      <translation>koppelingen met de BGT, voorgesteld</translation>
    </message>
    <message>
      <source>lost</source>
      <translation>verloren</translation>
    </message>
    <message>
      <source>lowest {low}, mean {mean}, highest {high} of the good readings</source>
      <translation>laagste {low}, gemiddelde {mean}, hoogste {high} van de goede metingen</translation>
    </message>
    <message>
      <source>missing from {begin} to {end}</source>
      <translation>ontbreekt van {begin} tot {end}</translation>
    </message>
    <message>
      <source>no</source>
      <translation>nee</translation>
    </message>
    <message>
      <source>no answer</source>
      <translation>geen antwoord</translation>
    </message>
    <message>
      <source>not filled in</source>
      <translation>niet ingevuld</translation>
    </message>
    <message>
      <source>nothing found</source>
      <translation>niets gevonden</translation>
    </message>
    <message>
      <source>now</source>
      <translation>nu</translation>
    </message>
    <message>
      <source>number</source>
      <translation>nummer</translation>
    </message>
    <message>
      <source>objects imported</source>
      <translation>geïmporteerde objecten</translation>
    </message>
    <message>
      <source>of those, taken by the central store</source>
      <translation>daarvan aangenomen door de centrale opslag</translation>
    </message>
    <message>
      <source>overlap (m²)</source>
      <translation>overlap (m²)</translation>
    </message>
    <message>
      <source>photos received</source>
      <translation>ontvangen foto’s</translation>
    </message>
    <message>
      <source>photos sent</source>
      <translation>verstuurde foto’s</translation>
    </message>
    <message>
      <source>planned</source>
      <translation>gepland</translation>
    </message>
    <message>
      <source>present</source>
      <translation>aanwezig</translation>
    </message>
    <message>
      <source>quantity</source>
      <translation>hoeveelheid</translation>
    </message>
    <message>
      <source>read</source>
      <translation>gelezen</translation>
    </message>
    <message>
      <source>reader: looks only</source>
      <translation>lezer: kijkt alleen</translation>
    </message>
    <message>
      <source>retired</source>
      <translation>uit gebruik</translation>
    </message>
    <message>
      <source>rows in the file</source>
      <translation>rijen in het bestand</translation>
    </message>
    <message>
      <source>stored</source>
      <translation>opgeslagen</translation>
    </message>
    <message>
      <source>the first</source>
      <translation>het eerste</translation>
    </message>
    <message>
      <source>too large</source>
      <translation>te groot</translation>
    </message>
    <message>
      <source>uncertain</source>
      <translation>onzeker</translation>
    </message>
    <message>
      <source>value</source>
      <translation>waarde</translation>
    </message>
    <message>
      <source>values that two people changed differently</source>
      <translation>waarden die twee mensen anders wijzigden</translation>
    </message>
    <message>
      <source>yes</source>
      <translation>ja</translation>
    </message>
    <message>
      <source>{area} built</source>
      <translation>{area} bebouwd</translation>
    </message>
    <message>
      <source>{file} cannot be written: {reason}</source>
      <translation>{file} kan niet worden geschreven: {reason}</translation>
    </message>
    <message>
      <source>{file} is not connected to a central store.</source>
      <translation>{file} is niet verbonden met een centrale opslag.</translation>
    </message>
    <message>
      <source>{file} is on a network share. A store can be damaged when several people write to it there; keep it on a local disk and share it through a central store.</source>
      <translation>{file} staat op een netwerkschijf. Een bestand kan daar beschadigd raken als meer mensen erin schrijven; bewaar het op een lokale schijf en deel het via een centrale opslag.</translation>
    </message>
    <message>
      <source>{file}: {n} BGT objects are in the store.</source>
      <translation>{file}: {n} BGT-objecten staan in het bestand.</translation>
    </message>
    <message>
      <source>{file}: {n} objects imported, {refused} rows refused.</source>
      <translation>{file}: {n} objecten geïmporteerd, {refused} rijen geweigerd.</translation>
    </message>
    <message>
      <source>{name} was kept.</source>
      <translation>{name} is bewaard.</translation>
    </message>
    <message>
      <source>{new} new, {changed} changed, {ended} ended.</source>
      <translation>{new} nieuw, {changed} gewijzigd, {ended} beëindigd.</translation>
    </message>
    <message>
      <source>{n} changes wait to be sent.</source>
      <translation>{n} wijzigingen wachten op versturen.</translation>
    </message>
    <message>
      <source>{n} changes were refused.</source>
      <translation>{n} wijzigingen zijn geweigerd.</translation>
    </message>
    <message>
      <source>{n} layers miss their store {file}.</source>
      <translation>{n} lagen missen hun bestand {file}.</translation>
    </message>
    <message>
      <source>{n} layers work again.</source>
      <translation>{n} lagen werken weer.</translation>
    </message>
    <message>
      <source>{n} road sections follow from the BGT.</source>
      <translation>{n} wegvakonderdelen volgen uit de BGT.</translation>
    </message>
    <message>
      <source>{n} rows written to {file}.</source>
      <translation>{n} rijen geschreven naar {file}.</translation>
    </message>
    <message>
      <source>{refused} refused, {conflicts} values changed by two people.</source>
      <translation>{refused} geweigerd, {conflicts} waarden door twee mensen gewijzigd.</translation>
    </message>
    <message>
      <source>{share} of what was due is good</source>
      <translation>{share} van wat er had moeten zijn, is goed</translation>
    </message>
    <message>
      <source>… and {n} more</source>
      <translation>… en nog {n}</translation>
    </message>
  </context>
</TS>
